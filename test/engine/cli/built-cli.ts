/** The CLI as it is installed: compiled, with its own package.json. Built once per state of the sources. */
import {execFile, spawnSync} from 'node:child_process'
import {cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

export interface CliRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Path of the `bin/run.js` of a fresh build. */
export function buildCli(): string {
  const target = path.join(tmpdir(), `stackctl-cli-${newestChange()}`)
  if (!existsSync(target)) build(target)
  return path.join(target, 'bin/run.js')
}

/** Runs the CLI to its end, without a terminal. */
export async function runCli(bin: string, args: readonly string[], options: CliOptions): Promise<CliRun> {
  return new Promise((resolve) => {
    const settings = {cwd: options.cwd, env: cliEnv(options.env), maxBuffer: 64 * 1024 * 1024}
    const child = execFile(process.execPath, [bin, ...args], settings, (_error, stdout, stderr) => {
      resolve({exitCode: child.exitCode ?? -1, stdout, stderr})
    })
    child.stdin?.end()
  })
}

/** The surroundings of a run: nothing of the test runner's own wishes. */
export function cliEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ['PATH', 'HOME', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'XDG_CACHE_HOME']
  const inherited = kept.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  )
  return {...Object.fromEntries(inherited), TERM: 'xterm', ...extra}
}

/** Builds of earlier states; young ones may be in use by another run. */
function forgetOldBuilds(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith('stackctl-cli-'))) {
    const directory = path.join(tmpdir(), name)
    const ageMs = Date.now() - (statSync(directory, {throwIfNoEntry: false})?.mtimeMs ?? Date.now())
    if (ageMs > 3_600_000) rmSync(directory, {recursive: true, force: true})
  }
}

/** Built aside and renamed, so that two test files that start at once do not see half a build. */
function build(target: string): void {
  forgetOldBuilds()
  const draft = mkdtempSync(`${target}-`)
  for (const name of ['bin', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'src']) {
    cpSync(path.join(repository, name), path.join(draft, name), {recursive: true})
  }

  symlinkSync(path.join(repository, 'node_modules'), path.join(draft, 'node_modules'))
  runTool(draft, 'tsc', ['-p', 'tsconfig.build.json'])
  runTool(draft, 'oclif', ['manifest', '.'])
  if (existsSync(target)) rmSync(draft, {recursive: true})
  else renameSync(draft, target)
}

function runTool(cwd: string, tool: string, args: readonly string[]): void {
  const {status, stdout, stderr} = spawnSync(path.join(repository, 'node_modules/.bin', tool), args, {
    cwd,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${tool} failed:\n${stdout}${stderr}`)
}

function newestChange(): number {
  const files = ['src', 'bin'].flatMap((folder) =>
    readdirSync(path.join(repository, folder), {recursive: true}).map((name) =>
      path.join(repository, folder, String(name)),
    ),
  )
  return Math.floor(
    Math.max(...[...files, path.join(repository, 'package.json')].map((file) => statSync(file).mtimeMs)),
  )
}
