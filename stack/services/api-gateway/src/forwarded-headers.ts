import type {Identity} from '@shop/platform'
import type {FastifyRequest} from 'fastify'
import type {IncomingHttpHeaders} from 'node:http'

// Ours to set, never the client's; and two that concern the client's own connection only.
const DROPPED = /^(?:x-user-|x-forwarded-|x-real-ip$|forwarded$|expect$|upgrade$)/

/** The request's headers as the services may trust them: who asks, from where, under which id. */
export function forwardedHeaders(
  request: FastifyRequest,
  headers: IncomingHttpHeaders,
  identity: Identity | null,
): IncomingHttpHeaders {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !DROPPED.test(name)))
  return {
    ...kept,
    'x-request-id': request.id,
    'x-forwarded-for': request.ip,
    'x-forwarded-proto': request.protocol,
    'x-forwarded-host': request.host,
    ...(identity && {'x-user-id': String(identity.userId), 'x-user-role': identity.role}),
  }
}
