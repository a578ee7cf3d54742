import type {FastifyInstance} from 'fastify'

import {
  authenticate,
  type CatalogueInvalidator,
  type Database,
  type Identity,
  notFound,
  parse,
  positiveId,
  type Tokens,
} from '@shop/platform'
import {z} from 'zod'

import type {Checkout} from './checkout.js'
import type {OrderEvents} from './events.js'
import type {OrderReads, OwnedOrder} from './order-reads.js'

import {streamOrderEvents} from './event-stream.js'
import {moveOrder} from './order-status.js'
import {idempotencyKeySchema, orderSchema, pageSchema, statusSchema} from './schemas.js'

export interface OrdersContext {
  readonly database: Database
  readonly reads: OrderReads
  readonly checkout: Checkout
  readonly events: OrderEvents
  readonly invalidator: CatalogueInvalidator
  readonly tokens: Tokens
  readonly signal: AbortSignal
}

const params = z.object({id: positiveId})

export function registerOrderRoutes(app: FastifyInstance, context: OrdersContext): void {
  const {reads, checkout, events, tokens, signal} = context
  app.post('/api/orders', async (request, reply) => {
    const {userId} = await authenticate(request, tokens)
    const idempotencyKey = parse(idempotencyKeySchema, request.headers)
    const {items: lines} = parse(orderSchema, request.body ?? undefined)
    const {order, replayed} = await checkout.buy({userId, lines, idempotencyKey})
    if (replayed) return reply.header('idempotent-replayed', 'true').send({order})
    return reply.code(201).header('location', `/api/orders/${order.id}`).send({order})
  })
  app.get('/api/orders', async (request) => {
    const {userId} = await authenticate(request, tokens)
    return reads.list(userId, parse(pageSchema, request.query))
  })
  app.get('/api/orders/events', async (request, reply) => {
    const identity = await authenticate(request, tokens)
    streamOrderEvents(reply, {identity, events, signal})
    return reply
  })
  app.get('/api/orders/:id', async (request) => {
    const identity = await authenticate(request, tokens)
    const {order} = visibleTo(identity, await reads.find(parse(params, request.params).id))
    return {order}
  })
  registerStatusRoute(app, context)
}

function registerStatusRoute(app: FastifyInstance, context: OrdersContext): void {
  const {database, reads, events, invalidator, tokens} = context
  app.patch('/api/orders/:id', async (request) => {
    const by = await authenticate(request, tokens)
    const {id: orderId} = parse(params, request.params)
    const {status} = parse(statusSchema, request.body)
    await moveOrder(database, {orderId, status, by})
    const {userId, order} = visibleTo(by, await reads.find(orderId))
    await Promise.all([events.publish(userId, order), status === 'cancelled' ? invalidator.invalidate() : undefined])
    return {order}
  })
}

/** Somebody else's order and no order at all get the same answer: ids are not worth guessing. */
function visibleTo(identity: Identity, owned: OwnedOrder | undefined): OwnedOrder {
  if (owned && (owned.userId === identity.userId || identity.role === 'admin')) return owned
  throw notFound('order')
}
