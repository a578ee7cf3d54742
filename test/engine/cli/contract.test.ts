import {execa} from 'execa'
import {readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {openSandbox, type Sandbox} from '../../support/sandbox.js'
import {buildCli, cliEnv, type CliRun, runCli} from './built-cli.js'

const OPEN_PASSWORD = 'hunter2-for-the-database'
let bin: string
let sandbox: Sandbox
let directory: string

beforeAll(async () => {
  bin = buildCli()
  sandbox = await openSandbox('cli')
  directory = await sandbox.files({
    'compose.yaml': `
name: ${sandbox.id}
services:
  db:
    image: stackctl/node:24
    environment: {POSTGRES_PASSWORD: ${OPEN_PASSWORD}, DATABASE_URL: 'postgres://shop:${OPEN_PASSWORD}@db/shop'}
    secrets: [jwt_secret]
secrets:
  jwt_secret: {file: ./secrets/jwt_secret}
`,
    'broken/compose.yaml': 'services: [',
  })
})

afterAll(async () => sandbox.remove())

async function run(...args: string[]): Promise<CliRun> {
  return runCli(bin, args, {cwd: directory})
}

interface ErrorDocument {
  readonly schema: string
  readonly error: {
    readonly code: string
    readonly exit: number
    readonly message: string
    readonly suggestions: string[]
  }
}

interface Failure {
  readonly name: string
  readonly exit: number
  readonly code: string
  readonly args: string[]
  readonly env?: Record<string, string>
}

describe('every failure', () => {
  const failures: Failure[] = [
    {name: 'an unknown option', exit: 2, code: 'E_USAGE', args: ['doctor', '--nope']},
    {name: 'an argument too many', exit: 2, code: 'E_USAGE', args: ['config', 'a', 'b']},
    {name: 'an unknown environment', exit: 2, code: 'E_USAGE', args: ['config', 'nope']},
    {name: 'an unknown service', exit: 2, code: 'E_USAGE', args: ['logs', 'nope']},
    {name: 'a wrong --since', exit: 2, code: 'E_USAGE', args: ['logs', '--since', 'whenever']},
    {name: 'a compose file that does not exist', exit: 3, code: 'E_CONFIG', args: ['config', '--file', 'absent.yaml']},
    {
      name: 'a broken compose file',
      exit: 3,
      code: 'E_CONFIG',
      args: ['config', 'validate', '--project-directory', 'broken'],
    },
    {
      name: 'an engine that is not there',
      exit: 4,
      code: 'E_UNREACHABLE',
      args: ['logs'],
      env: {DOCKER_HOST: 'unix:///nowhere/docker.sock'},
    },
    {name: 'a question without a terminal', exit: 9, code: 'E_DECLINED', args: ['secrets', 'generate', '--force']},
  ]

  beforeAll(async () => {
    // Something has to be there for --force to ask.
    expect((await run('secrets', 'generate')).exitCode).toBe(0)
  })

  it.each(failures)('$name: exit $exit for people, on stderr only', async ({exit, code, args, env = {}}) => {
    const {exitCode, stdout, stderr} = await runCli(bin, args, {cwd: directory, env})
    expect({exitCode, stdout}).toEqual({exitCode: exit, stdout: ''})
    expect(stderr).toMatch(/^Error: \S/)
    expect(stderr).toContain(`Code: ${code}\n`)
    expect(stderr).toMatch(/^ {2}→ \S/m)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it.each(failures)('$name: exit $exit for scripts, one document on stdout', async ({exit, code, args, env = {}}) => {
    const {exitCode, stdout, stderr} = await runCli(bin, [...args, '--json'], {cwd: directory, env})
    const {schema, error} = JSON.parse(stdout) as ErrorDocument
    expect({exitCode, schema, exit: error.exit, code: error.code}).toEqual({
      exitCode: exit,
      schema: 'stackctl.error.v1',
      exit,
      code,
    })
    expect(stderr).toBe('')
  })

  it('shows causes and stack with DEBUG, and only then', async () => {
    const env = {DOCKER_HOST: 'unix:///nowhere/docker.sock', DEBUG: 'stackctl'}
    const {stderr, exitCode} = await runCli(bin, ['logs'], {cwd: directory, env})
    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/^\s+at .*\.js/m)
  })
})

describe('the output', () => {
  it('never shows a secret, neither to people nor to scripts', async () => {
    for (const args of [
      ['config'],
      ['config', '--json'],
      ['secrets', 'check'],
      ['secrets', 'check', '--json'],
      ['doctor', '--json'],
    ]) {
      const {stdout, stderr} = await run(...args)
      expect(stdout).not.toBe('')
      expect(stdout + stderr).not.toContain(OPEN_PASSWORD)
    }

    expect((await run('config')).stdout).toContain('<redacted>')
  })

  it('is one document with the schema of its command', async () => {
    const {stdout, exitCode} = await run('config', 'validate', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'stackctl.config.validate.v1',
      ok: true,
      project: sandbox.id,
      services: 1,
      secrets: 1,
    })
  })

  it('has no escape sequences in a pipe', async () => {
    const {stdout} = await run('doctor')
    expect(stdout).not.toContain('\u001B')
  })

  it('is coloured at a terminal, unless NO_COLOR is set', async () => {
    const atTerminal = async (env: Record<string, string>): Promise<string> => {
      const command = `${process.execPath} ${bin} doctor || true`
      const {stdout} = await execa('script', ['-qec', command, '/dev/null'], {
        cwd: directory,
        env: cliEnv(env),
        extendEnv: false,
      })
      return stdout
    }

    expect(await atTerminal({})).toContain('\u001B[32m✓')
    expect(await atTerminal({NO_COLOR: '1'})).not.toContain('\u001B[32m')
  })

  it('ends quietly when its reader goes away', async () => {
    const command = `${process.execPath} ${bin} --help | head -n 1; echo "exit \${PIPESTATUS[0]}"`
    const {stdout, stderr} = await execa('bash', ['-c', command], {cwd: directory, env: cliEnv(), extendEnv: false})
    expect(stdout).toContain('exit 0')
    expect(stderr).toBe('')
  })
})

describe('an old Node', () => {
  it('is told in one line what is needed', async () => {
    const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.19.0'}})`
    const {exitCode, stderr} = await runCli(bin, ['--version'], {
      cwd: directory,
      env: {NODE_OPTIONS: `--import=${pretend}`},
    })
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^Error: stackctl needs Node 22\.22 or newer and this is 20\.19\.0\..*\n$/)
  })
})

describe('stackctl secrets', () => {
  it('makes what is missing, privately, before the compose files are of use to docker', async () => {
    const fresh = path.join(directory, 'fresh')
    const compose = `
name: ${sandbox.id}
services:
  api: {image: x, user: '10001:10001', secrets: [a, b]}
secrets:
  a: {file: ./secrets/a}
  b: {file: ./secrets/b}
x-stackctl: {secrets: {strict: true, generate: {a: {bytes: 48}}}}
`
    await sandbox.files({'fresh/compose.yaml': compose})
    const at = async (...args: string[]): Promise<CliRun> => runCli(bin, args, {cwd: fresh})

    expect((await at('secrets', 'check')).exitCode).toBe(8)
    const made = await at('secrets', 'generate', '--json')
    expect(JSON.parse(made.stdout)).toMatchObject({created: [{name: 'a', path: 'secrets/a'}], kept: [], replaced: []})
    const value = readFileSync(path.join(fresh, 'secrets/a'), 'utf8')
    expect(value).toHaveLength(64)
    expect(made.stdout + made.stderr).not.toContain(value)
    expect(statSync(path.join(fresh, 'secrets/a')).mode & 0o777).toBe(0o600)

    const again = await at('secrets', 'generate')
    expect(again).toMatchObject({exitCode: 0, stdout: expect.stringContaining('kept') as string})
    expect(readFileSync(path.join(fresh, 'secrets/a'), 'utf8')).toBe(value)

    const forced = await at('secrets', 'generate', '--force', '--yes')
    expect(forced).toMatchObject({exitCode: 0, stdout: expect.stringContaining('old passwords') as string})
    expect(readFileSync(path.join(fresh, 'secrets/a'), 'utf8')).not.toBe(value)

    const check = await at('secrets', 'check', '--json')
    expect(check.exitCode).toBe(8)
    expect(JSON.parse(check.stdout)).toMatchObject({findings: [{secret: 'b', problem: 'missing'}]})
  })
})

describe('in GitHub Actions', () => {
  it('an error is an annotation of the run as well, also with --json', async () => {
    for (const args of [
      ['config', 'nope'],
      ['config', 'nope', '--json'],
    ]) {
      const {stderr} = await runCli(bin, args, {cwd: directory, env: {GITHUB_ACTIONS: 'true'}})
      expect(stderr).toMatch(/^::error title=E_USAGE::unknown environment/m)
    }

    expect((await run('config', 'nope')).stderr).not.toContain('::')
  })
})
