import type {FastifyRequest} from 'fastify'

import type {Identity, Tokens} from './tokens.js'

import {AppError, forbidden} from './errors.js'

/** Who makes this request, or a 401. */
export async function authenticate(request: FastifyRequest, tokens: Tokens): Promise<Identity> {
  const match = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '')
  if (match?.[1] === undefined) {
    throw new AppError({
      status: 401,
      code: 'unauthorized',
      message: 'this needs a token: log in and send "Authorization: Bearer <token>"',
    })
  }
  return tokens.verify(match[1])
}

/** Who makes this request, when that is an administrator; a 403 otherwise. */
export async function requireAdmin(request: FastifyRequest, tokens: Tokens): Promise<Identity> {
  const identity = await authenticate(request, tokens)
  if (identity.role !== 'admin') throw forbidden('this needs the role admin')
  return identity
}
