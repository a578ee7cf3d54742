/** A stack that serves while somebody gives stackctl something bad: whatever is refused, it must not notice. */
import {execFile} from 'node:child_process'
import {once} from 'node:events'
import {type AddressInfo, createServer, type Server} from 'node:net'
import {promisify} from 'node:util'
import {expect} from 'vitest'

import {type CliOptions, type CliRun, runCli} from '../../support/cli.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'

const run = promisify(execFile)

export interface ServingStack {
  readonly sandbox: Sandbox
  /** Writes a project of its own, with the project name of the serving stack, and answers its folder. */
  readonly project: (files: Readonly<Record<string, string>>) => Promise<string>
  readonly remove: () => Promise<void>
}

/** Deploys it with the CLI. */
export async function openServingStack(purpose: string): Promise<ServingStack> {
  const sandbox = await openSandbox(purpose)
  let count = 0
  const project: ServingStack['project'] = async (files) => {
    count += 1
    const folder = `case-${count}`
    const named = Object.entries(files).map(([name, text]) => [
      `${folder}/${name}`,
      text.replaceAll('PROJECT', sandbox.id),
    ])
    return `${await sandbox.files(Object.fromEntries(named) as Record<string, string>)}/${folder}`
  }

  const good = await project({
    'compose.yaml':
      'name: PROJECT\nservices:\n  app: {image: stackctl/node:24, init: true, command: [sleep, infinity]}\n',
  })
  const deployed = await runCli(['deploy'], {cwd: good})
  if (deployed.exitCode !== 0) {
    await sandbox.remove()
    throw new Error(`the stack that should serve did not start:\n${deployed.stderr}`)
  }

  return {sandbox, project, remove: async () => sandbox.remove()}
}

export interface Refusal {
  readonly args: readonly string[]
  readonly exit: number
  readonly code: string
  /** The whole message: what is wrong and where. */
  readonly message: RegExp
  /** What to do next. */
  readonly remedy: RegExp
}

/** Runs the command for a person and for a script; both are refused alike, and the engine is as it was. */
export async function expectRefused(stack: ServingStack, refusal: Refusal, options: CliOptions): Promise<void> {
  const before = await engineState(stack.sandbox.id)
  expectForPeople(await runCli(refusal.args, options), refusal)
  expectForScripts(await runCli([...refusal.args, '--json'], options), refusal)
  expect(await engineState(stack.sandbox.id)).toEqual(before)
  expect(before.containers).toContain(`${stack.sandbox.id}-app-r1-1 `)
}

function expectForPeople({exitCode, stderr, stdout}: CliRun, refusal: Refusal): void {
  const lines = stderr.trimEnd().split('\n')
  const start = lines.findIndex((line) => line.startsWith('Error: '))
  const [error = '', ...rest] = lines.slice(start)
  expect({exitCode, stdout}, stderr).toEqual({exitCode: refusal.exit, stdout: ''})
  expect(error.replace(/^Error: /, '')).toMatch(refusal.message)
  expect(rest.at(-1)).toBe(`Code: ${refusal.code}`)
  expect(rest.filter((line) => line.startsWith('  → ')).join('\n')).toMatch(refusal.remedy)
  expect(stderr).not.toMatch(/^\s+at /m)
}

function expectForScripts({exitCode, stdout}: CliRun, refusal: Refusal): void {
  const document = JSON.parse(stdout) as {
    schema: string
    error: {code: string; exit: number; message: string; suggestions: string[]}
  }
  expect({exitCode, schema: document.schema, code: document.error.code, exit: document.error.exit}).toEqual({
    exitCode: refusal.exit,
    schema: 'stackctl.error.v1',
    code: refusal.code,
    exit: refusal.exit,
  })
  expect(document.error.message).toMatch(refusal.message)
  expect(document.error.suggestions.join('\n')).toMatch(refusal.remedy)
}

/** Everything at the engine that carries the name of the project. */
async function engineState(project: string): Promise<Record<'containers' | 'networks' | 'volumes' | 'images', string>> {
  const list = async (...args: string[]): Promise<string> =>
    (await run('docker', args)).stdout.split('\n').toSorted().join('\n')
  const name = ['--filter', `name=${project}`]
  const [containers, networks, volumes, images] = await Promise.all([
    list('ps', '-a', '--no-trunc', ...name, '--format', '{{.Names}} {{.ID}} {{.State}} {{.CreatedAt}}'),
    list('network', 'ls', ...name, '--format', '{{.Name}} {{.ID}}'),
    list('volume', 'ls', ...name, '--format', '{{.Name}}'),
    list('images', '--filter', `reference=*${project}*`, '--format', '{{.Repository}}:{{.Tag}} {{.ID}}'),
  ])
  return {containers, networks, volumes, images}
}

/** A TCP port of this host that nobody uses right now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listening(server, 0, '127.0.0.1')
  server.close()
  await once(server, 'close')
  return port
}

/** Lets a server listen; answers its port. */
export async function listening(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
