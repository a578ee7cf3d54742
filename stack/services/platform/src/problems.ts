import type {FastifyError, FastifyInstance, FastifyReply, FastifyRequest} from 'fastify'

import {finished} from 'node:stream/promises'

import {AppError, notFound} from './errors.js'
import {isUnavailable} from './unavailable.js'

const DISCARD_TIMEOUT_MS = 5000
const CODES_BY_STATUS = new Map([
  [413, 'payload_too_large'],
  [415, 'unsupported_media_type'],
  [429, 'rate_limited'],
])

/** Every error leaves in one shape: `{error: {code, message, fields?, …}, requestId}`. */
export function registerProblems(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, notFound('route')))
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const problem = problemOf(error)
    if (problem.status === 413) await discardBody(request)
    if (problem.status >= 500) logFailure(request, error, problem)
    return sendProblem(request, reply, problem)
  })
}

/**
 * Reads the rest of a body that is too large. An answer on a connection that still brings data ends in a reset, and the
 * sender may never see the answer.
 */
async function discardBody({raw}: FastifyRequest): Promise<void> {
  raw.resume()
  await finished(raw, {signal: AbortSignal.timeout(DISCARD_TIMEOUT_MS)}).catch(() => {})
}

/** Somebody else's outage is a line; a bug of ours is a stack trace. */
function logFailure(request: FastifyRequest, error: unknown, problem: AppError): void {
  if (problem.status === 500) request.log.error({err: error}, problem.message)
  else request.log.warn({code: problem.code, cause: causeOf(problem)}, problem.message)
}

function causeOf({cause}: AppError): string | undefined {
  return cause instanceof Error ? cause.message : undefined
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: AppError): FastifyReply {
  const {code, message, fields, details} = problem
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .send({error: {code, message, ...(fields && {fields}), ...details}, requestId: request.id})
}

function problemOf(error: FastifyError): AppError {
  if (error instanceof AppError) return error
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500) {
    return new AppError({
      status,
      code: CODES_BY_STATUS.get(status) ?? 'bad_request',
      message: error.message,
      cause: error,
    })
  }
  if (isUnavailable(error)) {
    return new AppError({
      status: 503,
      code: 'unavailable',
      message: 'a service behind this one is away; try again soon',
      cause: error,
    })
  }
  return new AppError({
    status: 500,
    code: 'internal',
    message: 'something went wrong here; the request id finds it in the logs',
    cause: error,
  })
}
