import type {IncomingMessage} from 'node:http'

import {fastify, type FastifyInstance} from 'fastify'
import {randomUUID} from 'node:crypto'

import type {Lifecycle} from './lifecycle.js'

import {registerProblems} from './problems.js'
import {textSetting} from './settings.js'

export interface ServerOptions {
  readonly name: string
  readonly lifecycle: Lifecycle
  /** Networks whose X-Forwarded-For is believed. */
  readonly trustProxy?: string[]
}

const BODY_LIMIT_BYTES = 1024 * 1024
const PROBES = /^\/(health|metrics)/

/** A Fastify server with what all services share: JSON logs, request ids, one shape of errors, an orderly end. */
export function createServer(options: ServerOptions): FastifyInstance {
  const app = fastify({
    logger: loggerOptions(options.name),
    requestIdLogLabel: 'requestId',
    genReqId: requestIdOf,
    disableRequestLogging: true,
    trustProxy: options.trustProxy ?? false,
    bodyLimit: BODY_LIMIT_BYTES,
    // Longer than any client of ours keeps an idle connection: the side that sends must be the one to close.
    keepAliveTimeout: 75_000,
    requestTimeout: 120_000,
    // While it stops, the server answers what still arrives (and closes the connection) instead of refusing it.
    return503OnClosing: false,
  })
  acceptEmptyJson(app)
  registerProblems(app)
  registerRequestHooks(app, options.lifecycle)
  return app
}

function registerRequestHooks(app: FastifyInstance, lifecycle: Lifecycle): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
    if (!PROBES.test(request.url)) lifecycle.track(reply.raw)
  })
  app.addHook('onSend', async (_request, reply) => {
    if (lifecycle.stopping) void reply.header('connection', 'close')
  })
  app.addHook('onResponse', async (request, reply) => {
    const level = PROBES.test(request.url) ? 'debug' : 'info'
    const durationMs = Math.round(reply.elapsedTime * 10) / 10
    const path = request.url.split('?', 1)[0]
    request.log[level]({method: request.method, path, status: reply.statusCode, durationMs}, 'request')
  })
}

/** The level by name and the time in ISO 8601, as every log collector reads them. */
function loggerOptions(service: string): object {
  return {
    level: textSetting('LOG_LEVEL', 'info'),
    base: {service},
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: {level: (label: string) => ({level: label})},
  }
}

function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : randomUUID()
}

/** `content-type: application/json` with no body is what many clients send for "no arguments". */
function acceptEmptyJson(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', {parseAs: 'string'}, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else void parseJson(request, body.toString(), done)
  })
}
