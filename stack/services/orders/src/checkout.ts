import type {FastifyBaseLogger} from 'fastify'

import {AppError, type CatalogueInvalidator, type Database} from '@shop/platform'
import {Counter, type Registry} from 'prom-client'

import type {Carts} from './cart.js'
import type {OrderEvents} from './events.js'
import type {Order, OrderReads} from './order-reads.js'

import {fingerprint, type Line, mergeLines} from './lines.js'
import {placeOrder} from './order-placement.js'

export interface CheckoutRequest {
  readonly userId: number
  /** Undefined: the cart. */
  readonly lines: readonly Line[] | undefined
  readonly idempotencyKey: string | null
}

export interface CheckoutResult {
  readonly order: Order
  readonly replayed: boolean
}

interface CheckoutParts {
  readonly database: Database
  readonly reads: OrderReads
  readonly carts: Carts
  readonly events: OrderEvents
  readonly invalidator: CatalogueInvalidator
  readonly log: FastifyBaseLogger
  readonly registry: Registry
}

/** From a request to buy to an order: replays, the cart, the transaction, and what everybody else must hear of it. */
export class Checkout {
  readonly #parts: CheckoutParts
  readonly #placed: Counter<'result'>

  constructor(parts: CheckoutParts) {
    this.#parts = parts
    this.#placed = new Counter({
      name: 'orders_placed_total',
      help: 'Requests to buy by their result',
      labelNames: ['result'],
      registers: [parts.registry],
    })
  }

  async buy(request: CheckoutRequest): Promise<CheckoutResult> {
    try {
      const result = await this.#buy(request)
      this.#placed.inc({result: result.replayed ? 'replayed' : 'placed'})
      return result
    } catch (error) {
      this.#placed.inc({result: error instanceof AppError ? error.code : 'failed'})
      throw error
    }
  }

  async #buy(request: CheckoutRequest): Promise<CheckoutResult> {
    // Before the cart is read: a repeated purchase of the cart would find it empty.
    const earlier = await this.#replay(request)
    if (earlier) return earlier
    const {userId, idempotencyKey} = request
    const lines = mergeLines(request.lines ?? (await this.#cartLines(userId)))
    const requestHash = fingerprint(request.lines)
    const orderId = await placeOrder(this.#parts.database, {userId, lines, idempotencyKey, requestHash})
    if (orderId === null) return this.#replayNow(request)
    const owned = await this.#parts.reads.find(orderId)
    if (!owned) throw new Error(`order ${orderId} is gone right after it was placed`)
    await this.#announce(request, lines, owned.order)
    return {order: owned.order, replayed: false}
  }

  async #cartLines(userId: number): Promise<Line[]> {
    // As the cart is shown: products that left the shop are not in it any more.
    const {items} = await this.#parts.carts.show(userId)
    if (items.length > 0) return items.map(({productId, quantity}) => ({productId, quantity}))
    throw new AppError({status: 409, code: 'cart_empty', message: 'the cart is empty; put something into it first'})
  }

  async #replay(request: CheckoutRequest): Promise<CheckoutResult | undefined> {
    if (request.idempotencyKey === null) return undefined
    const earlier = await this.#parts.reads.findByKey(request.userId, request.idempotencyKey)
    if (!earlier) return undefined
    if (earlier.requestHash === fingerprint(request.lines)) return {order: earlier.owned.order, replayed: true}
    const message = 'this Idempotency-Key belongs to another order; use a new key for a new order'
    throw new AppError({status: 422, code: 'idempotency_key_reused', message})
  }

  /** Another request with the same key has won the race, and is committed by now. */
  async #replayNow(request: CheckoutRequest): Promise<CheckoutResult> {
    const earlier = await this.#replay(request)
    if (earlier) return earlier
    throw new Error('an order blocked its idempotency key and is gone')
  }

  /** The order stands: from here on nothing may fail the request. */
  async #announce(request: CheckoutRequest, lines: readonly Line[], order: Order): Promise<void> {
    const {carts, events, invalidator, log} = this.#parts
    await Promise.all([
      invalidator.invalidate(),
      events.publish(request.userId, order),
      request.lines ? undefined : emptyCart(),
    ])

    async function emptyCart(): Promise<void> {
      try {
        await carts.removeBought(request.userId, lines)
      } catch (error) {
        log.warn({err: error, orderId: order.id}, 'the order is placed, but its cart could not be emptied')
      }
    }
  }
}
