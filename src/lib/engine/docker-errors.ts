/**
 * The engine's failures in stackctl's words: a class, one line that says what was attempted, and what to do next.
 * The engine offers only a status and a text for many of them, so the texts are matched here and nowhere else.
 */
import {EngineConflictError, EngineError, PreflightError, StackError, UnreachableError} from '../errors.js'

export interface Attempt {
  readonly address: string
  /** What was attempted, so that "cannot <what>" is a sentence: `start web-r2-1`. */
  readonly what: string
}

interface RawFailure {
  readonly message: string
  readonly statusCode?: number
  readonly code?: string
}

/** Turns anything that a client threw into a StackError; a StackError passes unchanged. */
export function engineFailure(attempt: Attempt, thrown: unknown): StackError {
  if (thrown instanceof StackError) return thrown
  const raw = thrown as RawFailure
  if (raw.statusCode === undefined) return connectionFailure(attempt, raw)
  const said = engineWords(raw.message)
  return (
    versionFailure(attempt, said) ??
    hostFailure(attempt, said, thrown) ??
    answeredFailure(attempt, raw.statusCode, {said, thrown})
  )
}

/** The engine's own sentence, without the client's prefix, on one line. */
export function engineWords(message: string): string {
  const words = message
    .replace(/^\(HTTP code \d+\) [^-]*- /, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return words
    .replace(/^Error response from daemon: /, '')
    .replace(/^Conflict\. The container name "\/?(?:[^"]+)" is already in use by/, 'the name is already in use by')
    .replace(/ You have to remove \(or rename\) that container.*$/, '')
    .replaceAll(/\b(?<short>[0-9a-f]{12})[0-9a-f]{52}\b/g, '$<short>')
    .replace(/\.$/, '')
}

function connectionFailure({address, what}: Attempt, raw: RawFailure): UnreachableError {
  const {reason, remedy} = connectionReason(raw, address)
  return new UnreachableError(`cannot ${what}: the Docker Engine at ${address} ${reason}`, {
    cause: raw,
    suggestions: remedy,
    facts: {address, ...(raw.code && {errno: raw.code})},
  })
}

interface Reason {
  readonly reason: string
  readonly remedy: string[]
}

function connectionReason({code, message}: RawFailure, address: string): Reason {
  const start = [
    'Start Docker: sudo systemctl start docker',
    'Or name the right engine with DOCKER_HOST or a docker context',
  ]
  switch (code ?? '') {
    case 'ENOENT': {
      return {reason: 'is not there: no such socket', remedy: start}
    }

    case 'ECONNREFUSED': {
      return {reason: 'is not running: connection refused', remedy: start}
    }

    case 'EPERM':
    case 'EACCES': {
      return {
        reason: 'refuses this user: permission denied on the socket',
        remedy: ['Add yourself to the docker group: sudo usermod -aG docker $USER (then log in again)', 'Or use sudo'],
      }
    }

    case 'ENOTFOUND':
    case 'EAI_AGAIN': {
      return {
        reason: 'has no address: the name does not resolve',
        remedy: ['Check the host name in DOCKER_HOST or the docker context'],
      }
    }

    case 'ESSH': {
      return {
        reason: `cannot be reached over ssh: ${message}`,
        remedy: [`Try: ssh ${address.replace(/^ssh:\/\//, '').replace(/[:/].*$/, '')} docker version`],
      }
    }

    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH': {
      return {
        reason: 'does not answer in time',
        remedy: ['Check the address, the network and the firewall', ...start.slice(1)],
      }
    }

    default: {
      return {
        reason: `broke the connection: ${message.replaceAll(/\s+/g, ' ').trim()}`,
        remedy: ['Check that Docker is running: docker version'],
      }
    }
  }
}

function versionFailure({address}: Attempt, said: string): UnreachableError | undefined {
  const match =
    /client version (?<client>[\d.]+) is too (?<age>new|old)\.?.*?API version(?: is|:)? (?<engine>[\d.]+)/i.exec(said)
  if (!match?.groups) return undefined
  const {client, age, engine} = match.groups
  const bound = age === 'new' ? `at most ${engine}` : `at least ${engine}`
  return new UnreachableError(`stackctl speaks API ${client}, but the Docker Engine at ${address} wants ${bound}`, {
    suggestions: [age === 'new' ? 'Update Docker on that host to 20.10 or newer' : 'Update stackctl'],
    facts: {clientApiVersion: client, engineApiVersion: engine},
  })
}

/** States of the host that a user can change: a port that is taken, a disk that is full. */
function hostFailure({what}: Attempt, said: string, cause: unknown): PreflightError | undefined {
  const port = takenPort(said)
  if (port !== undefined) {
    return new PreflightError(`cannot ${what}: port ${port} is already allocated`, {
      cause,
      suggestions: [`See who holds it: ss -ltnp 'sport = :${port}'`, 'Stop that process, or publish another port'],
      facts: {port: Number(port)},
    })
  }

  if (!isDiskFull(said)) return undefined
  return new PreflightError(`cannot ${what}: no space left on the engine's disk`, {
    cause,
    suggestions: ['docker system df', 'Free space on the host, then run the command again'],
  })
}

/** ENOSPC in the words of the engine, or in ours. */
export function isDiskFull(said: string): boolean {
  return /no space left on (?:device|the engine's disk)/i.test(said)
}

function takenPort(said: string): string | undefined {
  const bind = /Bind for \S*?:(?<port>\d+) failed: port is already allocated/.exec(said)
  const listen = /listen (?:tcp|udp)\d? \S*?:(?<port>\d+): bind: address already in use/.exec(said)
  const newer = /failed to bind host port (?:for )?\S*?:(?<port>\d+)[:/]\S* address already in use/.exec(said)
  return bind?.groups?.port ?? listen?.groups?.port ?? newer?.groups?.port
}

function answeredFailure(
  {what}: Attempt,
  statusCode: number,
  {said, thrown}: {said: string; thrown: unknown},
): EngineError {
  const message = `cannot ${what}: ${said || `the engine answered ${statusCode}`}`
  const holder = /already in use by container "?(?<id>[0-9a-f]{64})/.exec((thrown as Error).message)?.groups?.id
  const isNameTaken = holder !== undefined || /already (?:in use by container|exists)/.test(said)
  if (statusCode === 409 && isNameTaken) {
    return new EngineConflictError(message, {cause: thrown, statusCode, facts: {...(holder && {holder})}})
  }

  return new EngineError(message, {cause: thrown, statusCode, facts: {statusCode}})
}

/** Whether the engine said that the thing does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.statusCode === 404
}

/** Whether the engine said that a path leads through a file: there can be nothing. */
export function isBelowFile(error: unknown): boolean {
  return error instanceof EngineError && error.message.endsWith(': not a directory')
}
