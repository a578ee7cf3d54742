import type {FastifyBaseLogger} from 'fastify'
import type {Redis} from 'ioredis'

import type {Order} from './order-reads.js'

const CHANNEL = 'orders:events'

type Listener = (data: string) => void

/** Order events between the replicas, over Redis: the replica that changes an order is rarely the one with the stream. */
export class OrderEvents {
  readonly #redis: Redis
  readonly #subscriber: Redis
  readonly #log: FastifyBaseLogger
  readonly #listeners = new Map<number, Set<Listener>>()

  constructor(connections: {redis: Redis; subscriber: Redis}, log: FastifyBaseLogger) {
    this.#redis = connections.redis
    this.#subscriber = connections.subscriber
    this.#log = log
    this.#subscriber.on('message', (_channel, message) => this.#deliver(message))
    this.#subscriber.subscribe(CHANNEL).catch((error: unknown) => log.warn({err: error}, 'no order events'))
  }

  /** Never fails: the change it tells of is already in the database, and streams begin with a fresh list. */
  async publish(userId: number, order: Order): Promise<void> {
    const {id, status, totalCents} = order
    const data = JSON.stringify({orderId: id, status, totalCents, at: new Date()})
    try {
      await this.#redis.publish(CHANNEL, `${userId} ${data}`)
    } catch (error) {
      this.#log.warn({err: error, orderId: id}, 'an order event was lost')
    }
  }

  /** Calls the listener with every event of this user; the result ends that. */
  listen(userId: number, listener: Listener): () => void {
    const listeners = this.#listeners.get(userId) ?? new Set()
    this.#listeners.set(userId, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(userId)
    }
  }

  count(userId: number): number {
    return this.#listeners.get(userId)?.size ?? 0
  }

  close(): void {
    this.#subscriber.disconnect()
  }

  #deliver(message: string): void {
    const space = message.indexOf(' ')
    const data = message.slice(space + 1)
    for (const listener of this.#listeners.get(Number(message.slice(0, space))) ?? []) listener(data)
  }
}
