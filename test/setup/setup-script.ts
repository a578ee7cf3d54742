import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {chmod, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {delimiter, dirname, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {onTestFinished} from 'vitest'

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const isRoot = process.getuid?.() === 0

/** What the scripts themselves call. Anything beyond that has to be asked for by name. */
const basicCommands = [
  'awk',
  'bash',
  'cat',
  'chmod',
  'cp',
  'cut',
  'date',
  'df',
  'dirname',
  'find',
  'flock',
  'grep',
  'id',
  'mkdir',
  'mktemp',
  'mv',
  'rm',
  'sed',
  'sh',
  'sha256sum',
  'sleep',
  'sort',
  'tail',
  'timeout',
  'touch',
  'tr',
  'uname',
  'env',
]

export interface Outcome {
  code: number
  stdout: string
  stderr: string
  durationMs: number
}

export interface SetupRun {
  arguments?: string[]
  environment?: Record<string, string>
  /** Drops root first, as far as there is any to drop. */
  asNobody?: boolean
}

/** Runs scripts/setup for real, with an environment that holds nothing of this process but what the run names. */
export function runSetup(run: SetupRun = {}): Promise<Outcome> {
  const command = ['bash', join(repository, 'scripts/setup'), ...(run.arguments ?? [])]
  const asUser =
    run.asNobody && isRoot
      ? [findCommand('setpriv') ?? 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...command]
      : command
  return runCommand(asUser, run.environment ?? {})
}

/** Runs a line of shell with the named files of scripts/setup.d loaded. */
export function runShell(parts: string[], line: string, environment: Record<string, string> = {}): Promise<Outcome> {
  const sources = parts.map((part) => `. "$repo/scripts/setup.d/${part}.sh"; `).join('')
  const script = `set -euo pipefail; repo='${repository}'; ${sources}${line}`
  return runCommand(['bash', '-c', script], environment)
}

/** A directory that is gone when the test ends, however it ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'stackctl-setup-test-'))
  onTestFinished(() => rm(directory, {recursive: true, force: true}))
  await chmod(directory, 0o755)
  return directory
}

/** A PATH that holds the basic commands, the named ones where this machine has them, and nothing else. */
export async function pathWith(...commands: string[]): Promise<string> {
  const directory = join(await temporaryDirectory(), 'bin')
  await mkdir(directory)
  for (const command of [...basicCommands, ...commands]) {
    const found = findCommand(command)
    if (found) await symlink(found, join(directory, command))
  }
  return directory
}

/** Writes an os-release file for a system that this machine is not. */
export async function osRelease(lines: string[]): Promise<string> {
  const file = join(await temporaryDirectory(), 'os-release')
  await writeFile(file, lines.join('\n') + '\n')
  return file
}

function findCommand(command: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((each) => !each.includes('node_modules'))
  return [...directories, '/usr/sbin', '/sbin'].map((each) => join(each, command)).find((file) => existsSync(file))
}

function runCommand(command: string[], environment: Record<string, string>): Promise<Outcome> {
  const started = performance.now()
  const [file = '', ...rest] = command
  const env = {PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', ...dockerVariables(), ...environment}
  return new Promise((done) => {
    const child = execFile(file, rest, {env, cwd: repository}, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0
      done({code, stdout, stderr, durationMs: performance.now() - started})
    })
    // Whoever asks a question gets no answer.
    child.stdin?.end()
  })
}

function dockerVariables(): Record<string, string> {
  const names = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}
