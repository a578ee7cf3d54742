import {errors, jwtVerify, SignJWT} from 'jose'
import {z} from 'zod'

import {AppError} from './errors.js'

export type Role = 'admin' | 'customer'

export interface Identity {
  readonly userId: number
  readonly role: Role
  readonly expiresAt: Date
}

const ISSUER = 'shop-auth'
const AUDIENCE = 'shop-api'
const MIN_SECRET_BYTES = 32
const payloadSchema = z.object({
  sub: z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number),
  role: z.enum(['admin', 'customer']),
  exp: z.number(),
})

/** Signs and verifies the shop's JWTs (HS256). */
export class Tokens {
  readonly #key: Uint8Array

  constructor(secret: string) {
    this.#key = new TextEncoder().encode(secret)
    if (this.#key.byteLength < MIN_SECRET_BYTES) {
      throw new Error(`the secret jwt_secret is shorter than ${MIN_SECRET_BYTES} bytes; make a longer one`)
    }
  }

  async sign(
    subject: {userId: number; role: Role},
    lifetimeSeconds: number,
  ): Promise<{token: string; expiresAt: Date}> {
    const expiresAt = new Date(Math.floor(Date.now() / 1000 + lifetimeSeconds) * 1000)
    const token = await new SignJWT({role: subject.role})
      .setProtectedHeader({alg: 'HS256'})
      .setSubject(String(subject.userId))
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(expiresAt)
      .sign(this.#key)
    return {token, expiresAt}
  }

  /** Who the token speaks for, or a 401. The algorithm is pinned: a token cannot choose its own. */
  async verify(token: string): Promise<Identity> {
    try {
      const {payload} = await jwtVerify(token, this.#key, {algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE})
      const {sub, role, exp} = payloadSchema.parse(payload)
      return {userId: sub, role, expiresAt: new Date(exp * 1000)}
    } catch (error) {
      const message =
        error instanceof errors.JWTExpired ? 'the token has expired; log in again' : 'the token is not valid'
      throw new AppError({status: 401, code: 'unauthorized', message, cause: error})
    }
  }
}
