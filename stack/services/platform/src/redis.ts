import type {FastifyBaseLogger} from 'fastify'

import {Redis} from 'ioredis'

import type {Dependency} from './health.js'

import {integerSetting, secretSetting, textSetting} from './settings.js'

const LOG_INTERVAL_MS = 10_000

/**
 * A connection that fails fast: a request waits half a second for Redis at most, and not at all while it is away.
 * It comes back by itself.
 */
export function connectRedis(serviceName: string, log: FastifyBaseLogger): Redis {
  const redis = new Redis({
    ...connectionOptions(serviceName),
    commandTimeout: 500,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
  })
  redis.on(
    'error',
    oncePerInterval((error) => log.warn({err: error}, 'redis is away')),
  )
  redis.on('ready', () => log.info('redis is connected'))
  return redis
}

/** A connection for subscriptions, which can do nothing else. It waits out an outage; subscribe on every `ready`. */
export function connectSubscriber(serviceName: string, log: FastifyBaseLogger): Redis {
  const redis = new Redis({
    ...connectionOptions(`${serviceName}-events`),
    maxRetriesPerRequest: null,
    autoResubscribe: false,
  })
  redis.on('error', (error) => log.debug({err: error}, 'the connection for events broke'))
  return redis
}

/** Redis as a readiness check; `required: false` where the service works (slower) without it. */
export function redisDependency(redis: Redis, required: boolean): Dependency {
  return {
    name: 'redis',
    required,
    async check() {
      await redis.ping()
    },
  }
}

function connectionOptions(name: string) {
  return {
    host: textSetting('REDIS_HOST', 'redis'),
    port: integerSetting('REDIS_PORT', {fallback: 6379, min: 1, max: 65_535}),
    password: secretSetting('redis_password'),
    connectionName: `shop-${name}`,
    connectTimeout: 2000,
    keepAlive: 30_000,
    retryStrategy: (attempt: number) => Math.min(attempt * 100, 1000),
  }
}

/** Redis away means an error per attempt to connect: one line in ten seconds says as much. */
function oncePerInterval(report: (error: Error) => void): (error: Error) => void {
  let nextAt = 0
  return (error) => {
    const now = Date.now()
    if (now < nextAt) return
    nextAt = now + LOG_INTERVAL_MS
    report(error)
  }
}
