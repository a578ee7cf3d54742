import {createHash} from 'node:crypto'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {appendAudit} from '../../../src/lib/release/audit.js'
import {storedFileDigest, storeFiles} from '../../../src/lib/release/file-store.js'
import {Ledger} from '../../../src/lib/release/ledger.js'
import {StateFiles} from '../../../src/lib/release/state-files.js'
import {type CliRun, runCli} from '../../support/cli.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'
import {auditOf, PLANTED_SECRET, recordOf, serviceOf, snapshotOf} from './records.js'

const STORED_SECRET = 'what-the-secret-file-holds-0815'
let sandbox: Sandbox
/** Everything that any command of this file printed. */
const said: string[] = []

beforeAll(async () => {
  sandbox = await openSandbox('releases')
  await sandbox.files({'compose.yaml': `name: ${sandbox.id}\nservices: {web: {image: stackctl/node:24}}\n`})
})

afterAll(async () => sandbox.remove())

async function run(...args: string[]): Promise<CliRun> {
  const result = await runCli(args, {cwd: sandbox.directory})
  said.push(result.stdout, result.stderr)
  return result
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const {exitCode, stdout} = await run(...args, '--json')
  expect(exitCode).toBe(0)
  return JSON.parse(stdout) as Record<string, unknown>
}

describe('without a ledger', () => {
  it('says that there is none, and makes none', async () => {
    expect((await run('releases')).stdout).toBe(`${sandbox.id}: no releases yet\n`)
    expect((await run('audit')).stdout).toBe(`${sandbox.id}: nobody has changed it yet\n`)
    expect(await json('releases')).toEqual({schema: 'stackctl.releases.v1', project: sandbox.id, releases: []})
    const {exitCode, stderr} = await run('releases', 'show', '1')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('There is none yet')
    expect(await sandbox.engine.inspectVolume(`${sandbox.id}-stackctl-state`)).toBeUndefined()
  })
})

describe('with a ledger', () => {
  beforeAll(async () => {
    const {engine, id: project} = sandbox
    const secret = {name: 'token', content: Buffer.from(`${STORED_SECRET}\n`), uid: 0, gid: 0, mode: 0o400}
    await storeFiles(engine, project, [secret])
    const sha256 = createHash('sha256').update(secret.content).digest('hex')
    const files = {'secret:token': {sha256, path: `files/${storedFileDigest(secret)}/token`}}
    const ledger = new Ledger(engine, project)
    await ledger.writeSnapshot(1, snapshotOf(project, {LOG_LEVEL: 'info', OLD: '1'}))
    await ledger.write(recordOf(project, 1))
    await ledger.writeSnapshot(2, snapshotOf(project, {LOG_LEVEL: 'debug', HEADER: `Bearer ${STORED_SECRET}`}))
    await ledger.write(recordOf(project, 2, {services: {web: serviceOf({configHash: 'v1:bbbb', replicas: 3, files})}}))
    await ledger.write(
      recordOf(project, 3, {
        result: 'rolled-back',
        stable: false,
        error: {code: 'E_UNHEALTHY', message: 'web was refused'},
        services: {web: serviceOf({configHash: 'v1:cccc', replicas: 3}), worker: serviceOf()},
      }),
    )
    await appendAudit(
      engine,
      project,
      auditOf('2026-11-20T05:00:00.000Z', {command: 'scale', summary: 'web 2 → 3 replicas'}),
    )
    await appendAudit(
      engine,
      project,
      auditOf('2026-11-20T06:00:00.000Z', {
        outcome: 'rolled-back',
        error: {code: 'E_UNHEALTHY', message: 'web was refused'},
      }),
    )
  })

  it('lists releases, newest first, and marks the one that serves', async () => {
    const {stdout, exitCode} = await run('releases')
    expect(exitCode).toBe(0)
    const [title, , head, ...rows] = stdout.trimEnd().split('\n')
    expect(title).toBe(`${sandbox.id}: release 2 serves`)
    expect(head).toMatch(/^RELEASE +RESULT +STABLE +AGE +TOOK +BY +COMMAND +CHANGED$/)
    expect(rows.map((row) => row.trim().split(/ {2,}/).slice(0, 3).join('|').trim())).toEqual([
      '3|rolled-back|-',
      '* 2|deployed|yes',
      '1|deployed|yes',
    ])
    expect(rows[0]).toMatch(/web \+worker$/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    const document = await json('releases')
    expect(document).toMatchObject({project: sandbox.id, current: 2})
    expect((document.releases as {release: number}[]).map(({release}) => release)).toEqual([3, 2, 1])
  })

  it('shows a release, and its configuration without secrets', async () => {
    const {stdout} = await run('releases', 'show', 'r2')
    expect(stdout).toContain(`${sandbox.id}: release 2, deployed, stable, serves`)
    expect(stdout).toMatch(/web +3 +v1:bbbb/)
    expect(stdout).toMatch(/secret:token +web +[0-9a-f]{12}/)
    const config = await run('releases', 'show', '2', '--config')
    expect(config.stdout).toContain('LOG_LEVEL: debug')
    expect(config.stdout).toContain('API_PASSWORD: <redacted>')
    expect(config.stdout).toContain('HEADER: Bearer <redacted>')
    expect((await run('releases', 'show', '3', '--config')).stderr).toContain(
      'the configuration of release 3 is not kept',
    )
  })

  it('names what differs between two releases', async () => {
    const {stdout} = await run('releases', 'diff', '1', '2')
    expect(stdout).toMatch(/^web$/m)
    expect(stdout).toMatch(/^ {2}replicas +2 → 3$/m)
    expect(stdout).toMatch(/^ {2}variables +LOG_LEVEL, \+HEADER, -OLD$/m)
    expect(stdout).toMatch(/^ {2}files +\+secret:token$/m)
    expect(await json('releases', 'diff', '2', '3')).toMatchObject({from: 2, to: 3, complete: false})
  })

  it('refuses a release that is not kept and names those that are', async () => {
    for (const args of [
      ['show', '9'],
      ['diff', '2', '9'],
      ['show', 'latest'],
    ]) {
      const {exitCode, stderr} = await run('releases', ...args)
      expect(exitCode).toBe(2)
      expect(stderr).toContain('Releases: 1, 2, 3')
    }
  })

  it('shows who did what, as many entries as are asked for', async () => {
    const {stdout} = await run('audit')
    expect(stdout).toMatch(/^2026-11-20 06:00 +ada@laptop +deploy +7 +rolled-back +\S/m)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    const {entries} = (await json('audit', '--limit', '1')) as {entries: {command: string}[]}
    expect(entries.map(({command}) => command)).toEqual(['deploy'])
    expect((await run('audit', '--limit', '0')).exitCode).toBe(2)
  })

  it('goes on without a record that cannot be read, and says so', async () => {
    await new StateFiles(sandbox.engine, sandbox.id).write([{path: 'releases/0/4.a.json', content: '{"seq'}])
    const {stdout, stderr, exitCode} = await run('releases', '--json')
    expect(exitCode).toBe(0)
    expect(stderr).toContain('! the record of release 4 cannot be read')
    expect((JSON.parse(stdout) as {releases: unknown[]}).releases).toHaveLength(3)
  })

  it('never shows a secret, whatever is asked', async () => {
    await json('releases', 'show', '2', '--config')
    await json('releases', 'diff', '1', '2')
    expect(said.length).toBeGreaterThan(15)
    for (const secret of [PLANTED_SECRET, STORED_SECRET]) expect(said.join('\n')).not.toContain(secret)
  })
})
