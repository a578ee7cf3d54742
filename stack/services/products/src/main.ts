import {
  CatalogueInvalidator,
  connectRedis,
  Database,
  redisDependency,
  runService,
  secretSetting,
  Tokens,
} from '@shop/platform'

import {CatalogueCache} from './cache.js'
import {Catalogue} from './catalogue.js'
import {registerRoutes} from './routes.js'

await runService({
  name: 'products',
  port: 3002,
  async start({app, log, registry}) {
    const database = new Database('products', log)
    const redis = connectRedis('products', log)
    registerRoutes(app, {
      catalogue: new Catalogue(database, registry),
      cache: new CatalogueCache(redis, log, registry),
      invalidator: new CatalogueInvalidator(redis, log),
      tokens: new Tokens(secretSetting('jwt_secret')),
    })
    return {
      // The cache makes the catalogue fast; the database makes it right. Without the cache it still serves.
      dependencies: [database.dependency(), redisDependency(redis, false)],
      async close() {
        redis.disconnect()
        await database.close()
      },
    }
  },
})
