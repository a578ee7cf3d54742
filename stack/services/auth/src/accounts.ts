import {AppError, type Database, type Role} from '@shop/platform'

import type {HashingQueue} from './hashing-queue.js'

import {hashPassword, verifyPassword} from './password.js'

export interface User {
  readonly id: number
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly createdAt: Date
}

const COLUMNS = 'id, email, name, role, created_at AS "createdAt"'

/** Accounts in the database. Addresses arrive in lower case. */
export class Accounts {
  readonly #database: Database
  readonly #hashing: HashingQueue
  // Compared against when the address is unknown, so that both kinds of wrong login take the same time.
  readonly #decoyHash = hashPassword('no account has this password')

  constructor(database: Database, hashing: HashingQueue) {
    this.#database = database
    this.#hashing = hashing
  }

  async register(account: {email: string; password: string; name: string}): Promise<User> {
    const passwordHash = await this.#hashing.run(() => hashPassword(account.password))
    const {rows} = await this.#database.query<User>(
      `INSERT INTO users (email, password_hash, name) VALUES ($1, $2, $3)
       ON CONFLICT (email) DO NOTHING RETURNING ${COLUMNS}`,
      [account.email, passwordHash, account.name],
    )
    if (rows[0]) return rows[0]
    const message = 'this e-mail already has an account; log in instead'
    throw new AppError({status: 409, code: 'email_taken', message, fields: {email: 'is taken'}})
  }

  async login(email: string, password: string): Promise<User> {
    const {rows} = await this.#database.query<User & {passwordHash: string}>(
      `SELECT ${COLUMNS}, password_hash AS "passwordHash" FROM users WHERE email = $1`,
      [email],
    )
    const stored = rows[0]?.passwordHash ?? (await this.#decoyHash)
    const {matches, outdated} = await this.#hashing.run(() => verifyPassword(password, stored))
    if (!rows[0] || !matches) {
      throw new AppError({status: 401, code: 'invalid_credentials', message: 'wrong e-mail or password'})
    }
    const user = withoutHash(rows[0])
    if (outdated) await this.#rehash(user.id, password)
    return user
  }

  async find(id: number): Promise<User | undefined> {
    const {rows} = await this.#database.query<User>(`SELECT ${COLUMNS} FROM users WHERE id = $1`, [id])
    return rows[0]
  }

  async #rehash(id: number, password: string): Promise<void> {
    const passwordHash = await this.#hashing.run(() => hashPassword(password))
    await this.#database.query('UPDATE users SET password_hash = $1 WHERE id = $2', [passwordHash, id])
  }
}

function withoutHash({id, email, name, role, createdAt}: User): User {
  return {id, email, name, role, createdAt}
}
