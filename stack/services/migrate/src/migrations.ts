import type pg from 'pg'

import {textSetting} from '@shop/platform'
import {runner} from 'node-pg-migrate'
import path from 'node:path'

import {log} from './log.js'

// Any constant of ours: who waits here waits for another run of the migrations.
const LOCK_KEY = 7_461_002_931
const LOCK_TIMEOUT = '60s'

/**
 * Applies what is missing, all of it in one transaction. node-pg-migrate's own lock fails at once when it is taken;
 * ours is taken first and waits, so that two deploys at the same moment end with one applied set and two successes.
 */
export async function applyMigrations(client: pg.Client): Promise<void> {
  await client.query(`SET lock_timeout = '${LOCK_TIMEOUT}'`)
  await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY])
  const applied = await runner({
    dbClient: client,
    dir: textSetting('MIGRATIONS_DIR', path.join(import.meta.dirname, 'migrations')),
    direction: 'up',
    migrationsTable: 'pgmigrations',
    checkOrder: true,
    singleTransaction: true,
    log: () => {},
  })
  for (const {name} of applied) log('info', `applied ${name}`)
  if (applied.length === 0) log('info', 'the database is up to date')
}
