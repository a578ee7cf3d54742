import type {FastifyRequest} from 'fastify'

import {authenticate, type Identity, type Tokens} from '@shop/platform'

// Whoever logs in may still carry an old token; that must not keep him from getting a new one.
const ANONYMOUS = /^\/api\/auth\/(?:login|register)$/
const PERSONAL = /^\/api\/(?:orders|cart|auth\/me)(?:\/|$)/
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Who makes the request, null for a visitor. A wrong token is a 401, and so is none where one is needed. */
export async function identify(request: FastifyRequest, tokens: Tokens): Promise<Identity | null> {
  const path = request.url.split('?', 1)[0] ?? ''
  if (ANONYMOUS.test(path)) return null
  const needed = PERSONAL.test(path) || !READS.has(request.method)
  if (!needed && request.headers.authorization === undefined) return null
  return authenticate(request, tokens)
}
