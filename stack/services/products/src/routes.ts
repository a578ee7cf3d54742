import type {FastifyInstance, FastifyReply} from 'fastify'

import {type CatalogueInvalidator, notFound, parse, positiveId, requireAdmin, type Tokens} from '@shop/platform'
import {z} from 'zod'

import type {Cached, CatalogueCache} from './cache.js'
import type {Catalogue} from './catalogue.js'

import {changeSchema, draftSchema, listSchema} from './schemas.js'

export interface CatalogueContext {
  readonly catalogue: Catalogue
  readonly cache: CatalogueCache
  readonly invalidator: CatalogueInvalidator
  readonly tokens: Tokens
}

const params = z.object({id: positiveId})
const ABSENT = 'null'

export function registerRoutes(app: FastifyInstance, context: CatalogueContext): void {
  registerReads(app, context)
  registerWrites(app, context)
}

function registerReads(app: FastifyInstance, {catalogue, cache}: CatalogueContext): void {
  app.get('/api/products', async (request, reply) => {
    const query = parse(listSchema, request.query)
    const key = `list:${query.page}:${query.pageSize}:${query.q.toLowerCase()}`
    return sendCached(reply, await cache.read(key, async () => JSON.stringify(await catalogue.list(query))))
  })
  app.get('/api/products/:id', async (request, reply) => {
    const {id} = parse(params, request.params)
    // "No such product" is cached as well: a crawler of made-up ids does not reach the database.
    const cached = await cache.read(`item:${id}`, async () => JSON.stringify(await catalogue.find(id)))
    if (cached.body === ABSENT) throw notFound('product')
    return sendCached(reply, {...cached, body: `{"product":${cached.body}}`})
  })
}

function registerWrites(app: FastifyInstance, {catalogue, invalidator, tokens}: CatalogueContext): void {
  app.post('/api/products', async (request, reply) => {
    await requireAdmin(request, tokens)
    const product = await catalogue.create(parse(draftSchema, request.body))
    await invalidator.invalidate()
    return reply.code(201).header('location', `/api/products/${product.id}`).send({product})
  })
  app.put('/api/products/:id', async (request) => {
    await requireAdmin(request, tokens)
    const {id} = parse(params, request.params)
    const product = await catalogue.update(id, parse(changeSchema, request.body))
    await invalidator.invalidate()
    return {product}
  })
  app.delete('/api/products/:id', async (request, reply) => {
    await requireAdmin(request, tokens)
    await catalogue.remove(parse(params, request.params).id)
    await invalidator.invalidate()
    return reply.code(204).send()
  })
}

/** The cached text goes out as it is; browsers ask again every time, because stock changes by the second. */
function sendCached(reply: FastifyReply, cached: Cached): FastifyReply {
  return reply
    .header('x-cache', cached.result)
    .header('cache-control', 'no-cache')
    .type('application/json; charset=utf-8')
    .send(cached.body)
}
