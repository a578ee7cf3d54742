const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

// PostgreSQL: connection exceptions, out of connections, shutting down, starting up, crashed.
const POSTGRES_CODES = /^(08...|53300|57P0[123])$/
const CLIENT_MESSAGES = [
  'connection terminated',
  'timeout exceeded when trying to connect',
  'client has encountered a connection error',
  'command timed out',
  'connection is closed',
  "stream isn't writeable",
  'max retries per request',
  'query read timeout',
]

/** Whether an error says that the database or Redis is away, as opposed to a fault of ours. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (NETWORK_CODES.has(code) || POSTGRES_CODES.test(code)) return true
  const message = error.message.toLowerCase()
  return error.name === 'MaxRetriesPerRequestError' || CLIENT_MESSAGES.some((known) => message.includes(known))
}
