import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {LockHeldError} from '../../../src/lib/errors.js'
import {lockName, withLock} from '../../../src/lib/release/lock.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'

describe('the lock of a stack', () => {
  let sandbox: Sandbox
  const facts = () => ({project: sandbox.id, command: 'deploy'})
  const isHeld = async () => (await sandbox.engine.inspectContainer(lockName(sandbox.id))) !== undefined

  beforeAll(async () => {
    sandbox = await openSandbox('lock')
  })

  afterAll(async () => {
    await sandbox.remove()
  })

  it('lets exactly one of six holders in at a time and names the holder to the others', async () => {
    let release = () => {}
    const finished = new Promise<void>((resolve) => (release = resolve))
    let inside = 0
    const refused: LockHeldError[] = []
    const attempts = Array.from({length: 6}, () =>
      withLock(sandbox.engine, facts(), async () => {
        inside += 1
        await finished
      }).catch((error: unknown) => {
        if (!(error instanceof LockHeldError)) throw error
        refused.push(error)
      }),
    )
    // Released only when everybody else has been told: whoever asked later would rightly get it.
    await expect.poll(() => refused.length, {timeout: 20_000}).toBe(5)
    expect(inside).toBe(1)
    for (const {exit, message} of refused) {
      expect(message).toContain(`pid ${process.pid}, "deploy"`)
      expect(exit).toBe(5)
    }

    release()
    await Promise.all(attempts)
    expect(inside).toBe(1)
    expect(await isHeld()).toBe(false)
  })

  it('is given back when the work fails', async () => {
    await expect(
      withLock(sandbox.engine, facts(), async () => {
        throw new Error('failed')
      }),
    ).rejects.toThrow('failed')
    expect(await isHeld()).toBe(false)
  })

  it('is taken over from a process of this host that was killed', async () => {
    const holder = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('hold-lock.ts', import.meta.url)), sandbox.id],
      {stdio: 'ignore'},
    )
    await expect.poll(isHeld, {timeout: 20_000}).toBe(true)
    await expect(withLock(sandbox.engine, facts(), async () => 'in')).rejects.toBeInstanceOf(LockHeldError)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    expect(await withLock(sandbox.engine, facts(), async () => 'in')).toBe('in')
  })

  it('is never broken when its holder is on another host', async () => {
    const labels = {
      'dev.stackctl.project': sandbox.id,
      'dev.stackctl.lock.host': 'elsewhere',
      'dev.stackctl.lock.pid': '1',
      'dev.stackctl.lock.process': 'x',
    }
    const id = await sandbox.engine.createContainer(lockName(sandbox.id), {
      Image: 'stackctl/empty:1',
      Cmd: ['x'],
      Labels: labels,
    })
    await expect(withLock(sandbox.engine, facts(), async () => 'in')).rejects.toThrow(/elsewhere/)
    await sandbox.engine.removeContainer(id, {force: true})
  })
})
