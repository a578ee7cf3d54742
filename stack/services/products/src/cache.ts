import type {FastifyBaseLogger} from 'fastify'
import type {Redis} from 'ioredis'

import {catalogueGenerationKey} from '@shop/platform'
import {randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'
import {Counter, type Registry} from 'prom-client'

import {SingleFlight} from './single-flight.js'

export type CacheResult = 'bypass' | 'hit' | 'miss'

export interface Cached {
  readonly body: string
  readonly result: CacheResult
}

const LIFETIME_SECONDS = 300
const LOCK_MS = 3000
const POLL_MS = 15
// Deletes the lock only if it is still ours: a slow loader must not take away the lock of the next one.
const UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

/**
 * Cache-aside in Redis. On a miss one reader per key goes to the database, over all replicas; the others wait for what
 * it finds. Without Redis every replica asks the database itself, once per key at a time.
 */
export class CatalogueCache {
  readonly #redis: Redis
  readonly #log: FastifyBaseLogger
  readonly #flights = new SingleFlight()
  readonly #results: Counter<'result'>

  constructor(redis: Redis, log: FastifyBaseLogger, registry: Registry) {
    this.#redis = redis
    this.#log = log
    this.#results = new Counter({
      name: 'catalogue_cache_requests_total',
      help: 'Catalogue reads by what the cache said',
      labelNames: ['result'],
      registers: [registry],
    })
  }

  async read(key: string, load: () => Promise<string>): Promise<Cached> {
    const cached = await this.#readThrough(key, load)
    this.#results.inc({result: cached.result})
    return cached
  }

  async #readThrough(key: string, load: () => Promise<string>): Promise<Cached> {
    const entry = await this.#attempt(() => this.#find(key))
    if (!entry) return {body: await this.#flights.run(`bypass:${key}`, load), result: 'bypass'}
    if (entry.body !== null) return {body: entry.body, result: 'hit'}
    return {body: await this.#flights.run(entry.key, () => this.#fill(entry.key, load)), result: 'miss'}
  }

  async #find(key: string): Promise<{key: string; body: string | null}> {
    const entryKey = `products:${await this.#generation()}:${key}`
    return {key: entryKey, body: await this.#redis.get(entryKey)}
  }

  async #generation(): Promise<string> {
    const current = await this.#redis.get(catalogueGenerationKey)
    if (current !== null) return current
    const fresh = randomUUID()
    // NX: two replicas that find no generation must end with the same one.
    await this.#redis.set(catalogueGenerationKey, fresh, 'NX')
    return (await this.#redis.get(catalogueGenerationKey)) ?? fresh
  }

  async #fill(entryKey: string, load: () => Promise<string>): Promise<string> {
    const lockKey = `${entryKey}:lock`
    const owner = randomUUID()
    const locked = await this.#attempt(() => this.#redis.set(lockKey, owner, 'PX', LOCK_MS, 'NX'))
    if (locked === null) {
      const body = await this.#awaitOther(entryKey, lockKey)
      if (body !== null) return body
    }
    try {
      const body = await load()
      await this.#attempt(() => this.#redis.set(entryKey, body, 'EX', LIFETIME_SECONDS))
      return body
    } finally {
      if (locked === 'OK') await this.#attempt(() => this.#redis.eval(UNLOCK, 1, lockKey, owner))
    }
  }

  /** What the reader that holds the lock finds; null when it gives up or takes too long. */
  async #awaitOther(entryKey: string, lockKey: string): Promise<string | null> {
    const deadline = Date.now() + LOCK_MS
    while (Date.now() < deadline) {
      await delay(POLL_MS)
      const answer = await this.#attempt(() => this.#redis.mget(entryKey, lockKey))
      const [body = null, lock = null] = answer ?? []
      if (body !== null || lock === null) return body
    }
    return null
  }

  /** A cache that fails is a slower shop, never a broken one. */
  async #attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      this.#log.debug({err: error}, 'the cache did not answer')
      return undefined
    }
  }
}
