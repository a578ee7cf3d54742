import {integerSetting, isUnavailable, secretSetting, textSetting} from '@shop/platform'
import {setTimeout as delay} from 'node:timers/promises'
import pg from 'pg'

import {log} from './log.js'

const CONNECT_DEADLINE_MS = 30_000
const RETRY_MS = 500

/** One connection; waits for a database that is still starting. */
export async function connect(): Promise<pg.Client> {
  const deadline = Date.now() + CONNECT_DEADLINE_MS
  for (;;) {
    const client = newClient()
    try {
      await client.connect()
      return client
    } catch (error) {
      if (!isUnavailable(error) || Date.now() > deadline) throw error
      log('warn', `the database does not answer yet: ${error instanceof Error ? error.message : String(error)}`)
      await delay(RETRY_MS)
    }
  }
}

function newClient(): pg.Client {
  return new pg.Client({
    host: textSetting('DB_HOST', 'postgres'),
    port: integerSetting('DB_PORT', {fallback: 5432, min: 1, max: 65_535}),
    database: textSetting('DB_NAME', 'shop'),
    user: textSetting('DB_USER', 'shop'),
    password: secretSetting('postgres_password'),
    application_name: 'shop-migrate',
    connectionTimeoutMillis: 3000,
  })
}
