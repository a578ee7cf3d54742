import type {FastifyInstance} from 'fastify'

import {collectDefaultMetrics, Histogram, Registry} from 'prom-client'

const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** `/metrics` with the process's own figures and one histogram over all requests, by route pattern (never by raw path). */
export function registerMetrics(app: FastifyInstance, serviceName: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({service: serviceName})
  collectDefaultMetrics({register: registry})
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    duration.observe({method: request.method, route, status: reply.statusCode}, reply.elapsedTime / 1000)
  })
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()))
  return registry
}
