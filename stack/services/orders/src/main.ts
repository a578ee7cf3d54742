import {
  CatalogueInvalidator,
  connectRedis,
  connectSubscriber,
  Database,
  redisDependency,
  runService,
  secretSetting,
  Tokens,
} from '@shop/platform'

import {registerCartRoutes} from './cart-routes.js'
import {Carts} from './cart.js'
import {Checkout} from './checkout.js'
import {OrderEvents} from './events.js'
import {OrderReads} from './order-reads.js'
import {registerOrderRoutes} from './routes.js'

await runService({
  name: 'orders',
  port: 3003,
  async start({app, log, registry, signal}) {
    const database = new Database('orders', log)
    const redis = connectRedis('orders', log)
    const tokens = new Tokens(secretSetting('jwt_secret'))
    const carts = new Carts(redis, database)
    const events = new OrderEvents({redis, subscriber: connectSubscriber('orders', log)}, log)
    const invalidator = new CatalogueInvalidator(redis, log)
    const reads = new OrderReads(database)
    const checkout = new Checkout({database, reads, carts, events, invalidator, log, registry})
    registerCartRoutes(app, {carts, tokens})
    registerOrderRoutes(app, {database, reads, checkout, events, invalidator, tokens, signal})
    return {
      // Carts live in Redis and nowhere else: without it this service is not ready.
      dependencies: [database.dependency(), redisDependency(redis, true)],
      async close() {
        events.close()
        redis.disconnect()
        await database.close()
      },
    }
  },
})
