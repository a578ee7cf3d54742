import {execa} from 'execa'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {createInterface} from 'node:readline'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {NODE_IMAGE, openSandbox, type Sandbox} from '../../support/sandbox.js'
import {buildCli, cliEnv, runCli} from '../cli/built-cli.js'

const PASSWORD = 'Zk4-unsayable-value-9q'
let bin: string
let sandbox: Sandbox

/** Writes numbered lines for ever, on both streams. */
const CHATTY = `let n = 0; setInterval(() => { console.log('line ' + n); console.error('error ' + n++) }, 100)`

beforeAll(async () => {
  bin = buildCli()
  sandbox = await openSandbox('logs')
  await sandbox.files({
    'compose.yaml': `
name: ${sandbox.id}
services:
  finished:
    image: ${NODE_IMAGE}
    environment: {API_TOKEN: ${PASSWORD}}
    command: [node, -e, "for (let n = 0; n < 5; n++) console.log('number ' + n); console.log(process.env.API_TOKEN)"]
  chatty:
    image: ${NODE_IMAGE}
    init: true
    stop_grace_period: 1s
    command:
      - node
      - -e
      - ${CHATTY}
`,
  })
  await compose('up', '--detach')
  // Not `docker compose wait`: it fails when the container has ended already.
  await sandbox.engine.waitContainer(`${sandbox.id}-finished-1`)
})

afterAll(async () => sandbox.remove())

async function compose(...args: string[]): Promise<void> {
  await execa('docker', ['compose', ...args], {cwd: sandbox.directory})
}

async function logs(...args: string[]) {
  return runCli(bin, ['logs', ...args], {cwd: sandbox.directory})
}

interface Entry {
  readonly time: string
  readonly replica: string
  readonly line: string
  readonly stream: string
}

/** The numbers of the first replica's lines have neither gaps nor repetitions. */
function expectEachOnce(lines: readonly string[]): void {
  const numbers = lines
    .flatMap((line) => /^chatty-1 \| line (?<number>\d+)$/.exec(line)?.groups?.number ?? [])
    .map(Number)
  expect(numbers.length).toBeGreaterThan(3)
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
}

describe('stackctl logs', () => {
  it('shows a stack that docker compose started, stopped containers included', async () => {
    const {exitCode, stdout, stderr} = await logs('finished', '--tail', '3')
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
    expect(stdout.split('\n')).toEqual([
      'finished-1 | number 3',
      'finished-1 | number 4',
      'finished-1 | <redacted>',
      '',
    ])
  })

  it('interleaves replicas by time', async () => {
    const {stdout} = await logs('--json')
    const {entries} = JSON.parse(stdout) as {entries: Entry[]}
    const times = entries.map(({time}) => time)
    expect(times).toEqual(times.toSorted())
    expect(new Set(entries.map(({replica}) => replica))).toEqual(new Set(['chatty-1', 'finished-1']))
    expect(new Set(entries.map(({stream}) => stream))).toEqual(new Set(['stdout', 'stderr']))
    expect(stdout).not.toContain(PASSWORD)
  })

  it('leaves out what is older than --since', async () => {
    const {stdout} = await logs('finished', '--since', '0')
    expect(stdout).toContain('number 0')
    expect((await logs('finished', '--since', new Date(Date.now() + 60_000).toISOString())).stdout).toBe('')
  })

  it('refuses a service that does not exist, and names those that do', async () => {
    const {exitCode, stderr} = await logs('chaty')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('services of this stack: chatty, finished')
  })

  it('follows every line once: restarts, replicas that appear, until Ctrl-C', async () => {
    const child = spawn(process.execPath, [bin, 'logs', 'chatty', '--follow', '--tail', '20'], {
      cwd: sandbox.directory,
      env: cliEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let complaints = ''
    child.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString()
    })
    const lines: string[] = []
    const seen = new Map<string, () => void>()
    const until = async (text: string): Promise<void> =>
      new Promise((resolve) => {
        if (lines.includes(text)) resolve()
        else seen.set(text, resolve)
      })
    createInterface({input: child.stdout}).on('line', (line) => {
      lines.push(line)
      seen.get(line)?.()
    })
    const first = await new Promise<string>((resolve) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    })
    expect(first).toMatch(/^chatty-1 \| (?:line|error) \d+\n/)

    await compose('up', '--detach', '--no-recreate', '--scale', 'chatty=2')
    await until('chatty-2 | line 0')
    await until('chatty-2 | line 3')
    expectEachOnce(lines)
    lines.length = 0
    await compose('restart', '--timeout', '1', 'chatty')
    // What the first life still said is before the first line of the second.
    await until('chatty-1 | line 0')
    lines.splice(0, lines.indexOf('chatty-1 | line 0'))
    await until('chatty-1 | line 3')
    child.kill('SIGINT')
    const [exitCode] = (await once(child, 'exit')) as [number]
    expect({exitCode, complaints}).toEqual({exitCode: 130, complaints: ''})
    expectEachOnce(lines)
  })

  it('ends when its reader goes away', async () => {
    const command = `${process.execPath} ${bin} logs --follow | head -n 2`
    const {stdout, stderr} = await execa('bash', ['-c', command], {
      cwd: sandbox.directory,
      env: cliEnv(),
      extendEnv: false,
      timeout: 20_000,
    })
    expect(stdout.trim().split('\n')).toHaveLength(2)
    expect(stderr).toBe('')
  })
})
