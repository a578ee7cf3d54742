import {Database, integerSetting, runService, secretSetting, Tokens} from '@shop/platform'

import {Accounts} from './accounts.js'
import {HashingQueue} from './hashing-queue.js'
import {registerRoutes} from './routes.js'

await runService({
  name: 'auth',
  port: 3001,
  async start({app, log}) {
    const database = new Database('auth', log)
    registerRoutes(app, {
      accounts: new Accounts(database, new HashingQueue()),
      tokens: new Tokens(secretSetting('jwt_secret')),
      tokenLifetimeSeconds: integerSetting('TOKEN_LIFETIME_SECONDS', {fallback: 3600, min: 60, max: 86_400}),
    })
    return {dependencies: [database.dependency()], close: () => database.close()}
  },
})
