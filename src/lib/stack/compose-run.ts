/** Runs `docker compose` and says so plainly when there is none, or one that is too old. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {text} from 'node:stream/consumers'

import {ConfigError, UnreachableError} from '../errors.js'

/** Older ones lack `env_file` with `required`, `include` with overrides, and the output that is read here. */
export const MINIMUM_COMPOSE = '2.26.0'

export interface ComposeRun {
  readonly directory: string
  readonly signal?: AbortSignal | undefined
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

export interface ComposeResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const INSTALL = 'Install Docker Compose (https://docs.docker.com/compose/install/) or run scripts/setup.'

/** Runs `docker compose <args>`; an exit code is an answer, a missing docker is an UnreachableError. */
export async function runCompose(args: readonly string[], run: ComposeRun): Promise<ComposeResult> {
  run.signal?.throwIfAborted()
  // Not execa: every command waits for this one, and execa takes longer to load than docker compose to answer.
  const child = spawn('docker', ['compose', ...args], {
    cwd: run.directory,
    env: run.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(run.signal && {signal: run.signal}),
  })
  try {
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ])
    if (exitCode !== null) return {exitCode, stdout: stdout.replace(/\n$/, ''), stderr: stderr.replace(/\n$/, '')}
  } catch (error) {
    run.signal?.throwIfAborted()
    throw notStarted(error, run.directory)
  }

  throw notStarted(undefined, run.directory)
}

/** The version of docker compose; throws when there is none or it is older than the minimum. */
export async function composeVersion(run: ComposeRun): Promise<string> {
  const {exitCode, stdout, stderr} = await runCompose(['version', '--short'], run)
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0]
  if (exitCode !== 0 || version === undefined) {
    const said = stderr.trim().split('\n')[0] ?? ''
    throw new UnreachableError(`docker has no compose plugin${said === '' ? '' : `: ${said}`}`, {
      suggestions: [INSTALL],
    })
  }

  if (isOlder(version, MINIMUM_COMPOSE)) {
    throw new UnreachableError(`docker compose ${version} is too old: ${MINIMUM_COMPOSE} or newer is needed`, {
      suggestions: [INSTALL],
    })
  }

  return version
}

/** Compares dotted versions number by number. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((dotted) => dotted.split('.').map(Number))
  const index = a?.findIndex((part, at) => part !== (b?.[at] ?? 0)) ?? -1
  return index !== -1 && (a?.[index] ?? 0) < (b?.[index] ?? 0)
}

function notStarted(cause: unknown, directory: string): Error {
  const {code} = (cause ?? {}) as {code?: string}
  // A missing working directory and a missing program have the same code; the directory was checked by selectStack.
  if (code === 'ENOENT') {
    return new UnreachableError(`docker was not found on the PATH (working directory ${directory})`, {
      suggestions: [INSTALL],
      cause,
    })
  }

  if (code === 'EACCES')
    return new UnreachableError('docker may not be run by this user', {suggestions: [INSTALL], cause})
  return new ConfigError('docker compose was ended by a signal before it answered', {
    suggestions: ['Run the command again.'],
    cause,
  })
}
