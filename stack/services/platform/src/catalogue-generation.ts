import type {FastifyBaseLogger} from 'fastify'
import type {Redis} from 'ioredis'

import {randomUUID} from 'node:crypto'

/** The key that holds the current generation of everything cached about products. */
export const catalogueGenerationKey = 'products:generation'

const RETRY_MS = 500

/**
 * Makes every cached product answer stale at once. A reader that began before the change writes under the old
 * generation, which nobody reads any more: there is no window for a stale entry, as there is with deleting keys.
 */
export class CatalogueInvalidator {
  readonly #redis: Redis
  readonly #log: FastifyBaseLogger
  #retry: NodeJS.Timeout | undefined
  #owed = false

  constructor(redis: Redis, log: FastifyBaseLogger) {
    this.#redis = redis
    this.#log = log
  }

  /** Never fails: what changed is already in the database. While Redis is away it keeps trying in the background. */
  async invalidate(): Promise<void> {
    try {
      await this.#redis.set(catalogueGenerationKey, randomUUID())
      this.#owed = false
    } catch (error) {
      if (!this.#owed) this.#log.warn({err: error}, 'cached products could not be dropped; trying until redis is back')
      this.#owed = true
      this.#retryLater()
    }
  }

  #retryLater(): void {
    if (this.#retry) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      if (this.#owed) void this.invalidate()
    }, RETRY_MS).unref()
  }
}
