import type {Redis} from 'ioredis'

import rateLimit from '@fastify/rate-limit'
import {AppError, integerSetting, type ServiceContext} from '@shop/platform'
import {Counter} from 'prom-client'

import {LimitStore} from './limit-store.js'

const OUTAGE_LOG_INTERVAL_MS = 10_000
const UNLIMITED = /^\/(?:api\/health|health\/|metrics)/

/** Limits the requests per client address. Counted in Redis, so the limit holds over all replicas together. */
export async function registerRateLimit({app, log, registry}: ServiceContext, redis: Redis): Promise<void> {
  const failures = new Counter({
    name: 'rate_limit_failures_total',
    help: 'Requests let through uncounted because Redis was away',
    registers: [registry],
  })
  const refusals = new Counter({
    name: 'rate_limit_refusals_total',
    help: 'Requests over the limit',
    registers: [registry],
  })
  let nextLogAt = 0
  const onFailure = (error: unknown): void => {
    failures.inc()
    if (Date.now() < nextLogAt) return
    nextLogAt = Date.now() + OUTAGE_LOG_INTERVAL_MS
    log.warn({err: error}, 'the rate limit is off until redis is back')
  }
  await app.register(rateLimit, {
    max: integerSetting('RATE_LIMIT_MAX', {fallback: 100, min: 1}),
    timeWindow: integerSetting('RATE_LIMIT_WINDOW_SECONDS', {fallback: 900, min: 1, max: 86_400}) * 1000,
    store: LimitStore.over(redis, onFailure),
    allowList: (request) => UNLIMITED.test(request.url),
    onExceeded: () => refusals.inc(),
    errorResponseBuilder: (_request, {after}) =>
      new AppError({
        status: 429,
        code: 'rate_limited',
        message: `too many requests from this address; try again in ${after}`,
      }),
  })
}
