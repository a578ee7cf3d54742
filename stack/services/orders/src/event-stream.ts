import type {FastifyReply} from 'fastify'
import type {ServerResponse} from 'node:http'

import {AppError, type Identity} from '@shop/platform'

import type {OrderEvents} from './events.js'

const HEARTBEAT_MS = 15_000
const MAX_STREAMS_PER_USER = 20
// What a client that reads too slowly may leave unread before it is let go.
const MAX_UNREAD_BYTES = 256 * 1024

/** Answers with the user's order events until the client leaves, the token expires or the process stops. */
export function streamOrderEvents(
  reply: FastifyReply,
  stream: {identity: Identity; events: OrderEvents; signal: AbortSignal},
): void {
  const {identity, events, signal} = stream
  if (signal.aborted)
    throw new AppError({status: 503, code: 'unavailable', message: 'this replica is stopping; connect again'})
  if (events.count(identity.userId) >= MAX_STREAMS_PER_USER) {
    throw new AppError({
      status: 429,
      code: 'rate_limited',
      message: `an account may have ${MAX_STREAMS_PER_USER} event streams`,
    })
  }
  const response = open(reply)
  const stop = (reason: string): void => void response.end(frame('bye', JSON.stringify({reason})))
  const onAbort = (): void => stop('stopping')
  const stopListening = events.listen(identity.userId, (event, data) => write(response, frame(event, data)))
  const heartbeat = setInterval(() => write(response, ': heartbeat\n\n'), HEARTBEAT_MS)
  const expiry = setTimeout(() => stop('token_expired'), Math.max(0, identity.expiresAt.getTime() - Date.now()))
  signal.addEventListener('abort', onAbort)
  response.once('close', () => {
    clearInterval(heartbeat)
    clearTimeout(expiry)
    signal.removeEventListener('abort', onAbort)
    stopListening()
  })
}

function open(reply: FastifyReply): ServerResponse {
  void reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-request-id': reply.request.id,
  })
  reply.raw.flushHeaders()
  return reply.raw
}

function frame(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`
}

function write(response: ServerResponse, text: string): void {
  if (response.writableEnded || response.destroyed) return
  response.write(text)
  if (response.writableLength > MAX_UNREAD_BYTES) response.destroy()
}
