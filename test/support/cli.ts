/** The CLI as a user runs it: the built `bin/run.js` in a process of its own, with a clean environment and no terminal. */
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const DEFAULT_TIMEOUT_MS = 110_000
/** What a process needs to find its tools. Everything else of the test runner stays outside. */
const INHERITED = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'LANG']

export interface CliOptions {
  /** Where it is run: the project directory. */
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** What is typed; without it stdin is closed at once. */
  readonly input?: string
  readonly timeoutMs?: number
  /** `bin/run.js` of another checkout. */
  readonly bin?: string
}

export interface CliRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
}

/** A text, a pattern, or a question about the whole output so far. */
export type Said = string | RegExp | ((output: string) => boolean)

export interface RunningCli {
  /** Sends a signal to the CLI itself, not to the processes that it started. */
  readonly signal: (name: NodeJS.Signals) => void
  /** Resolves when stdout or stderr contains the text; rejects when the CLI ends without having said it. */
  readonly said: (what: Said) => Promise<void>
  readonly result: Promise<CliRun>
}

/** Runs the CLI to its end. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliRun> {
  return startCli(args, options).result
}

/** Starts the CLI and answers a handle to wait for what it says and to send signals. */
export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const started = performance.now()
  const child = spawn(process.execPath, [builtCli(options.bin), ...args], {
    cwd: options.cwd,
    env: cleanEnv(options.env),
    stdio: 'pipe',
  })
  const output = {stdout: '', stderr: ''}
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output.stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output.stderr += chunk))
  // A CLI that ended before it read its input is no error of the test.
  child.stdin.on('error', () => {}).end(options.input ?? '')
  const result = resultOf(child, output, {args, started, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS})
  return {
    result,
    signal: (name) => void child.kill(name),
    said: async (text) =>
      waitFor(child, () => matches(output.stdout, text) || matches(output.stderr, text), {text, output}),
  }
}

interface Output {
  stdout: string
  stderr: string
}

async function resultOf(
  child: ChildProcess,
  output: Output,
  facts: {args: readonly string[]; started: number; timeoutMs: number},
): Promise<CliRun> {
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, facts.timeoutMs)
  // A signal that the test sent ends the CLI as well: exit code -1.
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  if (isLate) {
    throw new Error(
      `stackctl ${facts.args.join(' ')} did not end in ${facts.timeoutMs} ms:\n${output.stdout}${output.stderr}`,
    )
  }

  return {exitCode: code ?? -1, ...output, durationMs: Math.round(performance.now() - facts.started)}
}

/** Looks again with every piece of output. */
async function waitFor(
  child: ChildProcess,
  isThere: () => boolean,
  facts: {text: Said; output: Output},
): Promise<void> {
  if (isThere()) return
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (isThere()) resolve()
    }

    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.once('close', () => {
      const {stderr, stdout} = facts.output
      reject(new Error(`the CLI ended without saying ${String(facts.text)}:\n${stdout}${stderr}`))
    })
  })
}

function matches(output: string, text: Said): boolean {
  if (typeof text === 'function') return text(output)
  return typeof text === 'string' ? output.includes(text) : text.test(output)
}

/** `STACKCTL_BIN` names another build to test. */
function builtCli(other?: string): string {
  const bin = other ?? process.env.STACKCTL_BIN ?? path.join(REPOSITORY, 'bin/run.js')
  if (existsSync(path.join(path.dirname(bin), '../dist/commands'))) return bin
  throw new Error(`${bin} is not built: npm run build`)
}

/** No COMPOSE_*, DOCKER_*, CI or NO_COLOR but what the test asks for. */
function cleanEnv(extra: CliOptions['env'] = {}): Record<string, string> {
  const inherited = INHERITED.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  )
  const engine = process.env.DOCKER_HOST === undefined ? {} : {DOCKER_HOST: process.env.DOCKER_HOST}
  return {...Object.fromEntries(inherited), ...engine, TERM: 'xterm', ...extra}
}
