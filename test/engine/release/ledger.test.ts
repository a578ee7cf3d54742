import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {storedFileDigest, storeFiles} from '../../../src/lib/release/file-store.js'
import {Journal} from '../../../src/lib/release/journal.js'
import {Ledger, type LedgerProblem} from '../../../src/lib/release/ledger.js'
import {StateFiles} from '../../../src/lib/release/state-files.js'
import {stateName} from '../../../src/lib/release/state.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'
import {recordOf, snapshotOf} from './records.js'

let sandbox: Sandbox
let files: StateFiles

beforeAll(async () => {
  sandbox = await openSandbox('ledger')
  files = new StateFiles(sandbox.engine, sandbox.id)
})

afterAll(async () => sandbox.remove())

function ledger(onProblem?: (problem: LedgerProblem) => void): Ledger {
  return new Ledger(sandbox.engine, sandbox.id, onProblem)
}

/** What a client leaves that is killed while the engine unpacks what it sent. */
async function truncate(path: string): Promise<void> {
  await files.write([{path, content: '{"sequence": 99, "value": {"release"'}])
}

describe('the ledger', () => {
  it('is empty where the stack has no state, and asking makes none', async () => {
    expect(await ledger().list()).toEqual([])
    expect(await ledger().lastNumber()).toBe(0)
    expect(await ledger().snapshot(1)).toBeUndefined()
    expect(await ledger().scale()).toEqual({})
    expect(await sandbox.engine.inspectVolume(stateName(sandbox.id))).toBeUndefined()
    expect(await sandbox.engine.inspectContainer(stateName(sandbox.id))).toBeUndefined()
  })

  it('answers, by number, what was written, and the last version of each', async () => {
    const writer = ledger()
    await writer.write(recordOf(sandbox.id, 2, {result: 'running', stable: false}))
    await writer.write(recordOf(sandbox.id, 100))
    await writer.write(recordOf(sandbox.id, 1))
    await writer.write(recordOf(sandbox.id, 2, {result: 'rolled-back', stable: false}))
    expect((await ledger().list()).map(({release, result}) => [release, result])).toEqual([
      [1, 'deployed'],
      [2, 'rolled-back'],
      [100, 'deployed'],
    ])
    await ledger().write(recordOf(sandbox.id, 2, {result: 'superseded', stable: false}))
    expect((await ledger().read(2))?.result).toBe('superseded')
    expect(await ledger().read(3)).toBeUndefined()
    expect(await ledger().lastNumber()).toBe(100)
  })

  it('keeps the last good record when a write is cut short, and heals with the next', async () => {
    const problems: LedgerProblem[] = []
    for (const place of ['a', 'b']) {
      await ledger().write(recordOf(sandbox.id, 4, {result: 'running'}))
      await ledger().write(recordOf(sandbox.id, 4, {result: 'deployed'}))
      const spare = (await isNewest(4, place)) ? (place === 'a' ? 'b' : 'a') : place
      await truncate(`releases/0/4.${spare}.json`)
      expect((await ledger((problem) => problems.push(problem)).read(4))?.result).toBe('deployed')
      await ledger().write(recordOf(sandbox.id, 4, {result: 'superseded'}))
      expect((await ledger().read(4))?.result).toBe('superseded')
    }

    expect(problems).toEqual([])
  })

  it('never writes over the newest readable version', async () => {
    await ledger().write(recordOf(sandbox.id, 5, {result: 'running'}))
    for (let turn = 0; turn < 3; turn += 1) {
      const newest = (await isNewest(5, 'a')) ? 'a' : 'b'
      const before = await files.read(`releases/0/5.${newest}.json`)
      await ledger().write(recordOf(sandbox.id, 5, {result: 'deployed'}))
      expect(await files.read(`releases/0/5.${newest}.json`)).toEqual(before)
    }
  })

  it('leaves out a record that cannot be read, names it, and does not give its number again', async () => {
    await truncate('releases/1/101.a.json')
    const problems: LedgerProblem[] = []
    const records = await ledger((problem) => problems.push(problem)).list()
    expect(records.map(({release}) => release)).not.toContain(101)
    expect(problems).toEqual([{release: 101, message: expect.stringContaining('release 101') as string}])
    expect(await ledger().lastNumber()).toBe(101)
  })

  it('keeps snapshots and what scale asked for', async () => {
    await ledger().writeSnapshot(1, snapshotOf(sandbox.id))
    expect(await ledger().snapshot(1)).toEqual(snapshotOf(sandbox.id))
    await ledger().writeScale({web: {replicas: 5, fileReplicas: 2}})
    await ledger().writeScale({web: {replicas: 4, fileReplicas: 2}})
    expect(await ledger().scale()).toEqual({web: {replicas: 4, fileReplicas: 2}})
    await truncate('snapshots/2.json')
    expect(await ledger().snapshot(2)).toBeUndefined()
  })

  it('survives the removal of the container that leads to the volume', async () => {
    await sandbox.engine.removeContainer(stateName(sandbox.id), {force: true})
    expect((await ledger().list()).length).toBeGreaterThan(0)
    await sandbox.engine.removeContainer(stateName(sandbox.id), {force: true})
    await ledger().write(recordOf(sandbox.id, 6))
    expect((await ledger().read(6))?.release).toBe(6)
  })

  it('is for root alone', async () => {
    const found = await files.list('releases')
    for (const {uid, mode} of found) expect({uid, mode}).toEqual({uid: 0, mode: 0o600})
  })

  async function isNewest(release: number, place: string): Promise<boolean> {
    const sequences = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const found = await files.read(`releases/0/${release}.${name}.json`)
        return [name, found ? (JSON.parse(found.content.toString()) as {sequence: number}).sequence : 0] as const
      }),
    )
    return sequences.toSorted((left, right) => right[1] - left[1])[0]?.[0] === place
  }
})

describe('stored configs and secrets', () => {
  const stored = {name: 'app.toml', content: Buffer.from('debug = false\n'), uid: 1000, gid: 1000, mode: 0o400}

  it('come back as they were, and not at all when they are not what was stored', async () => {
    const paths = await storeFiles(sandbox.engine, sandbox.id, [stored])
    const digest = storedFileDigest(stored)
    const path = paths.get(digest)
    const onVolume = `files/${digest}/app.toml`
    expect(path).toContain(onVolume)
    expect(await ledger().content(onVolume)).toEqual(stored.content)
    expect(await ledger().content('files/00000000000000000000000000000000/app.toml')).toBeUndefined()
    await files.remove([onVolume])
    expect(await ledger().content(onVolume)).toBeUndefined()
  })

  it('are stored again where an empty file stands in their place', async () => {
    for (const removed of ['', '/app.toml']) {
      const [digest = ''] = [...(await storeFiles(sandbox.engine, sandbox.id, [stored])).keys()]
      await files.remove([`files/${digest}${removed}`])
      await storeFiles(sandbox.engine, sandbox.id, [stored])
      expect(await ledger().content(`files/${digest}/app.toml`)).toEqual(stored.content)
    }
  })

  it('may be empty', async () => {
    const empty = {...stored, content: Buffer.alloc(0)}
    const [digest = ''] = [...(await storeFiles(sandbox.engine, sandbox.id, [empty])).keys()]
    expect(await ledger().content(`files/${digest}/app.toml`)).toEqual(Buffer.alloc(0))
  })
})

describe('the journal of a release', () => {
  const journal = () => new Journal(sandbox.engine, sandbox.id, 7)
  const entry = (step: string, state: 'done' | 'failed' | 'started') => ({at: '2026-11-20T06:00:00.000Z', step, state})

  it('has every begin at once, and every end by the next begin or the end of the run', async () => {
    const run = journal()
    await run.append(entry('create/web', 'started'))
    expect(await journal().read()).toEqual([entry('create/web', 'started')])
    await run.append(entry('create/web', 'done'))
    await run.append(entry('start/web', 'started'))
    expect(await journal().read()).toHaveLength(3)
    await run.append(entry('start/web', 'failed'))
    await run.flush()
    expect((await journal().read()).map(({step, state}) => `${step} ${state}`)).toEqual([
      'create/web started',
      'create/web done',
      'start/web started',
      'start/web failed',
    ])
  })

  it('keeps the order of entries that come at once, and goes on where another run ended', async () => {
    const next = journal()
    await Promise.all(Array.from({length: 12}, (_, index) => next.append(entry(`step/${index}`, 'started'))))
    const steps = (await journal().read()).map(({step}) => step)
    expect(steps.slice(4)).toEqual(Array.from({length: 12}, (_, index) => `step/${index}`))
  })

  it('writes an end by itself when no begin follows', async () => {
    await journal().append(entry('step/11', 'done'))
    await expect.poll(async () => (await journal().read()).at(-1)?.state, {timeout: 5000}).toBe('done')
  })

  it('leaves out an entry that was cut short', async () => {
    const before = await journal().read()
    await files.write([{path: 'journal/7/000099.json', content: '{"at": "2026'}])
    expect(await journal().read()).toEqual(before)
  })

  it('is empty for a release that has none', async () => {
    expect(await new Journal(sandbox.engine, sandbox.id, 8).read()).toEqual([])
  })
})
