import type {FastifyBaseLogger} from 'fastify'
import type {Redis} from 'ioredis'

import type {Order} from './order-reads.js'

const CHANNEL = 'orders:events'

/** `ready`: from here on events arrive; what came before may have been missed. `order`: one order changed. */
export type OrderEventName = 'order' | 'ready'
type Listener = (event: OrderEventName, data: string) => void

/** Order events between the replicas, over Redis: the replica that changes an order is rarely the one with the stream. */
export class OrderEvents {
  readonly #redis: Redis
  readonly #subscriber: Redis
  readonly #log: FastifyBaseLogger
  readonly #listeners = new Map<number, Set<Listener>>()
  #live = false

  constructor(connections: {redis: Redis; subscriber: Redis}, log: FastifyBaseLogger) {
    this.#redis = connections.redis
    this.#subscriber = connections.subscriber
    this.#log = log
    this.#subscriber.on('message', (_channel, message) => this.#deliver(message))
    // Also after every outage of Redis, whose events are lost: the streams say `ready` again.
    this.#subscriber.on('ready', () => void this.#subscribe())
    this.#subscriber.on('close', () => {
      this.#live = false
    })
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

  /** Calls the listener with `ready` as soon as events arrive, then with every event of this user; the result ends that. */
  listen(userId: number, listener: Listener): () => void {
    const listeners = this.#listeners.get(userId) ?? new Set()
    this.#listeners.set(userId, listeners.add(listener))
    if (this.#live) listener('ready', readyData())
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

  async #subscribe(): Promise<void> {
    try {
      await this.#subscriber.subscribe(CHANNEL)
    } catch (error) {
      // The connection broke again; the next one subscribes.
      this.#log.warn({err: error}, 'no order events for now')
      return
    }
    this.#live = true
    for (const listeners of this.#listeners.values()) {
      for (const listener of listeners) listener('ready', readyData())
    }
  }

  #deliver(message: string): void {
    const space = message.indexOf(' ')
    const data = message.slice(space + 1)
    for (const listener of this.#listeners.get(Number(message.slice(0, space))) ?? []) listener('order', data)
  }
}

function readyData(): string {
  return JSON.stringify({at: new Date()})
}
