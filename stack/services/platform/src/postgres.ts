import type {FastifyBaseLogger} from 'fastify'

import pg from 'pg'

import type {Dependency} from './health.js'

import {integerSetting, secretSetting, textSetting} from './settings.js'

export type Queryable = Pick<pg.PoolClient, 'query'>

// Serialisation failure and deadlock: PostgreSQL asks the client to try again.
const RETRYABLE = new Set(['40001', '40P01'])
const MAX_ATTEMPTS = 3

/** A pool for the requests, and one connection apart for readiness: a busy pool must not look like a dead database. */
export class Database {
  readonly #pool: pg.Pool
  readonly #probe: pg.Pool

  constructor(serviceName: string, log: FastifyBaseLogger) {
    // bigint arrives as text by default. Ours are sums of cents and counts, far below 2^53.
    pg.types.setTypeParser(pg.types.builtins.INT8, Number)
    const options = connectionOptions()
    const max = integerSetting('DB_POOL_SIZE', {fallback: 5, min: 1, max: 100})
    this.#pool = new pg.Pool({...options, max, application_name: `shop-${serviceName}`, statement_timeout: 20_000})
    this.#probe = new pg.Pool({...options, max: 1, application_name: `shop-${serviceName}-probe`, query_timeout: 2000})
    // An idle connection that breaks is replaced by the pool; without a listener the event would end the process.
    this.#pool.on('error', (error) => log.warn({err: error}, 'an idle database connection broke'))
    this.#probe.on('error', (error) => log.debug({err: error}, 'the readiness connection broke'))
  }

  query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<pg.QueryResult<Row>> {
    return this.#pool.query<Row>(text, [...values])
  }

  /** Runs the work in one transaction; anything it throws rolls back. Deadlocks are tried again. */
  async transaction<Result>(work: (client: Queryable) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(work)
      } catch (error) {
        const code = error instanceof pg.DatabaseError ? (error.code ?? '') : ''
        if (attempt === MAX_ATTEMPTS || !RETRYABLE.has(code)) throw error
      }
    }
  }

  dependency(): Dependency {
    return {name: 'postgres', required: true, check: () => this.#check()}
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#probe.end()])
  }

  async #check(): Promise<void> {
    await this.#probe.query('SELECT 1')
  }

  async #attempt<Result>(work: (client: Queryable) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect()
    let broken: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work(client)
      await client.query('COMMIT')
      return result
    } catch (error) {
      broken = await rollback(client)
      throw error
    } finally {
      // A connection whose rollback failed still holds locks: it must not go back to the pool.
      client.release(broken)
    }
  }
}

async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function connectionOptions(): pg.PoolConfig {
  return {
    host: textSetting('DB_HOST', 'postgres'),
    port: integerSetting('DB_PORT', {fallback: 5432, min: 1, max: 65_535}),
    database: textSetting('DB_NAME', 'shop'),
    user: textSetting('DB_USER', 'shop'),
    password: secretSetting('postgres_password'),
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  }
}
