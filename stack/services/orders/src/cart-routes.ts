import type {FastifyInstance} from 'fastify'

import {authenticate, parse, positiveId, type Tokens} from '@shop/platform'
import {z} from 'zod'

import type {Carts} from './cart.js'

import {cartItemSchema} from './schemas.js'

const params = z.object({productId: positiveId})

export function registerCartRoutes(app: FastifyInstance, {carts, tokens}: {carts: Carts; tokens: Tokens}): void {
  app.get('/api/cart', async (request) => {
    const {userId} = await authenticate(request, tokens)
    return carts.show(userId)
  })
  app.put('/api/cart/items/:productId', async (request) => {
    const {userId} = await authenticate(request, tokens)
    const {productId} = parse(params, request.params)
    const {quantity} = parse(cartItemSchema, request.body)
    await carts.put(userId, {productId, quantity})
    return carts.show(userId)
  })
  app.delete('/api/cart/items/:productId', async (request) => {
    const {userId} = await authenticate(request, tokens)
    await carts.remove(userId, parse(params, request.params).productId)
    return carts.show(userId)
  })
  app.delete('/api/cart', async (request) => {
    const {userId} = await authenticate(request, tokens)
    await carts.clear(userId)
    return carts.show(userId)
  })
}
