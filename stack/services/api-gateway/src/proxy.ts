import type {FastifyInstance, FastifyReply, FastifyRequest} from 'fastify'

import replyFrom, {type FastifyReplyFromHooks} from '@fastify/reply-from'
import {type Identity, integerSetting, notFound, type Tokens} from '@shop/platform'

import {identify} from './access.js'
import {EventStreams} from './event-streams.js'
import {forwardedHeaders} from './forwarded-headers.js'
import {upstreamProblem} from './upstream-problem.js'
import {type Upstream, upstreams} from './upstreams.js'

const MAX_ATTEMPTS = 2
const RETRY_MS = 50

interface ProxyContext {
  readonly tokens: Tokens
  readonly signal: AbortSignal
}

/** Passes the API's requests on, bodies unread and unbuffered in both directions. */
export async function registerProxy(app: FastifyInstance, {tokens, signal}: ProxyContext): Promise<void> {
  const timeoutMs = integerSetting('UPSTREAM_TIMEOUT_MS', {fallback: 30_000, min: 100, max: 3_600_000})
  const streams = new EventStreams(signal)
  await app.register(async (scope) => {
    // Bodies are none of the gateway's business: they go on as they come.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    await scope.register(replyFrom, {
      disableRequestLogging: true,
      disableCache: true,
      destroyAgent: true,
      undici: {
        connections: 256,
        connect: {timeout: 3000},
        headersTimeout: timeoutMs,
        // Between two pieces of an answer. Event streams send a heartbeat every 15 s.
        bodyTimeout: Math.max(timeoutMs, 60_000),
      },
    })
    for (const upstream of upstreams()) route(scope, upstream, {tokens, streams})
  })
}

function route(scope: FastifyInstance, upstream: Upstream, context: {tokens: Tokens; streams: EventStreams}): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const path = pathOf(request, upstream)
    const identity = await identify(request, context.tokens)
    return reply.from(`${upstream.url}${path}`, hooks({request, upstream, identity, streams: context.streams}))
  }
  scope.all(upstream.prefix, handler)
  scope.all(`${upstream.prefix}/*`, handler)
}

/** The path as the service will see it. One that climbs out of its prefix (`/api/products/../../metrics`) does not exist. */
function pathOf(request: FastifyRequest, {prefix}: Upstream): string {
  const {pathname} = new URL(request.url, 'https://path.invalid')
  if (pathname === prefix || pathname.startsWith(`${prefix}/`)) return pathname
  throw notFound('route')
}

interface Forward {
  readonly request: FastifyRequest
  readonly upstream: Upstream
  readonly identity: Identity | null
  readonly streams: EventStreams
}

function hooks({request, upstream, identity, streams}: Forward): FastifyReplyFromHooks {
  return {
    retriesCount: MAX_ATTEMPTS - 1,
    retryDelay: ({err, req, res, attempt, getDefaultDelay}) => {
      // Nobody has seen a request whose connection was refused, whatever its method; a body may be half spent though.
      const refused = request.body === undefined && err && 'code' in err && err.code === 'ECONNREFUSED'
      if (refused) return attempt < MAX_ATTEMPTS - 1 ? RETRY_MS : null
      return getDefaultDelay(req, res, err, attempt)
    },
    rewriteRequestHeaders: (_request, headers) => forwardedHeaders(request, headers, identity),
    rewriteHeaders: ({connection: _connection, 'keep-alive': _keepAlive, ...headers}) => headers,
    onResponse: (_request, reply, response) => {
      const type = reply.getHeader('content-type')
      const isEvents = typeof type === 'string' && type.startsWith('text/event-stream')
      void reply.send(isEvents ? streams.adopt(response.stream) : response.stream)
    },
    onError: (reply, {error}) => void reply.send(upstreamProblem(upstream.name, error)),
  }
}
