import {connectRedis, redisDependency, runService, secretSetting, Tokens} from '@shop/platform'

import {registerProxy} from './proxy.js'
import {registerRateLimit} from './rate-limit.js'

await runService({
  name: 'api-gateway',
  port: 3000,
  // The edge replaces X-Forwarded-For by the one address that it has seen; whatever stands between edge and gateway
  // (a router, say) appends its own, private one. So the first address is the client's, and only private peers may say so.
  trustProxy: ['loopback', 'uniquelocal'],
  async start(context) {
    const redis = connectRedis('api-gateway', context.log)
    await registerRateLimit(context, redis)
    context.app.get('/api/health', () => ({status: 'ok'}))
    await registerProxy(context.app, {tokens: new Tokens(secretSetting('jwt_secret')), signal: context.signal})
    return {
      // Redis counts requests; without it they pass uncounted. The services behind have a readiness of their own.
      dependencies: [redisDependency(redis, false)],
      async close() {
        redis.disconnect()
      },
    }
  },
})
