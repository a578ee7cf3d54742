import {textSetting} from '@shop/platform'

import {connect} from './connect.js'
import {grantAdmin} from './grant-admin.js'
import {log} from './log.js'
import {applyMigrations} from './migrations.js'
import {seedDemoData} from './seed.js'

const USAGE = 'usage: migrate.mjs [grant-admin <email>]'

await run().catch((error: unknown) => {
  log('fatal', error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})

async function run(): Promise<void> {
  const [command, email] = process.argv.slice(2)
  if (command !== undefined && (command !== 'grant-admin' || email === undefined)) throw new Error(USAGE)
  const seed = seedWanted()
  const client = await connect()
  try {
    if (email !== undefined) return await grantAdmin(client, email)
    await applyMigrations(client)
    if (seed) await seedDemoData(client)
  } finally {
    await client.end()
  }
}

/** Demo data includes an administrator with a known address: it must never reach a real environment. */
function seedWanted(): boolean {
  if (textSetting('SEED_DEMO_DATA', 'false') !== 'true') return false
  const environment = textSetting('ENVIRONMENT', 'production')
  if (environment === 'development') return true
  throw new Error(`SEED_DEMO_DATA=true is refused in ${environment}; demo data is for development only`)
}
