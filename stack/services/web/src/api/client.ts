import {currentSession, endSession} from '../session/session-store.js'
import {ApiError} from './api-error.js'
import {refusal} from './refusal.js'
import {uniqueId} from './unique-id.js'

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  headers?: Record<string, string>
  /** Ends the request when the page that wanted it has gone. */
  signal?: AbortSignal | undefined
  timeoutMs?: number
}

const TIMEOUT_MS = 10_000

/**
 * Sends one request to the shop's API and gives its JSON. Every failure is an ApiError, except an abort by the caller,
 * which stays an AbortError. The answer's type is the contract's: the API of the same release is trusted to keep it.
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const {signal, timeoutMs = TIMEOUT_MS} = options
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await send(path, options, signal ? AbortSignal.any([signal, timeout]) : timeout)
    if (!response.ok) throw await refusal(response)
    return (await response.json()) as T
  } catch (error) {
    throw signal?.aborted || error instanceof ApiError ? error : lost(error)
  }
}

/** Sends one request and gives the answer as it comes. Ends the session when its token is no longer taken. */
export async function send(path: string, options: RequestOptions, signal: AbortSignal): Promise<Response> {
  const token = currentSession()?.token
  const response = await fetch(`/api${path}`, {
    method: options.method ?? 'GET',
    headers: {
      accept: 'application/json',
      'x-request-id': uniqueId(),
      ...(token && {authorization: `Bearer ${token}`}),
      ...(options.body !== undefined && {'content-type': 'application/json'}),
      ...options.headers,
    },
    body: options.body === undefined ? null : JSON.stringify(options.body),
    signal,
    // A cached price or stock would be wrong on the page that sells it.
    cache: 'no-store',
  })
  // A sign-in with a wrong password is a 401 too, but nobody is signed in then.
  if (response.status === 401 && token && token === currentSession()?.token) endSession()
  return response
}

function lost(cause: unknown): ApiError {
  if (cause instanceof DOMException && cause.name === 'TimeoutError') {
    return new ApiError({kind: 'timeout', message: 'The shop takes too long to answer. Please try again.', cause})
  }

  const message = 'The shop cannot be reached. Check your connection and try again.'
  return new ApiError({kind: 'unreachable', message, cause})
}
