/** Runs `docker compose` and says so plainly when there is none, or one that is too old. */
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
  const {execa} = await import('execa')
  const result = await execa('docker', ['compose', ...args], {
    cwd: run.directory,
    env: run.env ?? process.env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    ...(run.signal === undefined ? {} : {cancelSignal: run.signal}),
  })
  if (result.isCanceled) run.signal?.throwIfAborted()
  if (result.exitCode === undefined) throw notStarted(result.cause, run.directory)
  return {exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr}
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
  const [a, b] = [version, than].map((text) => text.split('.').map(Number))
  const index = a?.findIndex((part, at) => part !== (b?.[at] ?? 0)) ?? -1
  return index !== -1 && (a?.[index] ?? 0) < (b?.[index] ?? 0)
}

function notStarted(cause: unknown, directory: string): Error {
  const code = (cause as {code?: string} | undefined)?.code
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
