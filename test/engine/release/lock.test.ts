import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'

import type {Engine} from '../../../src/lib/engine/engine.js'

import {LockHeldError} from '../../../src/lib/errors.js'
import {lockName, readLock} from '../../../src/lib/release/lock-state.js'
import {withLock} from '../../../src/lib/release/lock.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'
import {ELSEWHERE, foreignLock, type Holder, setHeartbeat, startHolder, startZombie} from './holder.js'

describe('the lock of a stack', () => {
  let sandbox: Sandbox
  let running: Holder | undefined
  const facts = () => ({project: sandbox.id, command: 'deploy'})
  const lockId = async () => (await sandbox.engine.inspectContainer(lockName(sandbox.id)))?.Id
  const take = async () => withLock(sandbox.engine, facts(), async () => 'in')

  beforeAll(async () => {
    sandbox = await openSandbox('lock')
    // The image of locks is there from now on, also for those that are made by hand.
    await take()
  })

  afterEach(async () => {
    await running?.kill()
    await sandbox.engine.removeContainer(lockName(sandbox.id), {force: true})
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
    for (const {exit, message, suggestions} of refused) {
      expect(message).toContain(`pid ${process.pid}, "deploy"`)
      expect(exit).toBe(5)
      expect(suggestions.join('\n')).toMatch(/--wait-lock 5m[\s\S]*stackctl lock release --force/)
    }

    release()
    await Promise.all(attempts)
    expect(inside).toBe(1)
    expect(await lockId()).toBeUndefined()
  })

  it('is given back when the work fails', async () => {
    const failing = withLock(sandbox.engine, facts(), async () => {
      throw new Error('failed')
    })
    await expect(failing).rejects.toThrow('failed')
    expect(await lockId()).toBeUndefined()
  })

  it('is taken over at once from a process of this host that was killed', async () => {
    const holder = await startHolder(sandbox.id)
    await expect(take()).rejects.toBeInstanceOf(LockHeldError)
    await holder.kill()
    expect(await take()).toBe('in')
  })

  it('is taken over at once from a killed process that nobody has reaped', async () => {
    running = await startZombie(sandbox.id)
    expect(await take()).toBe('in')
  })

  it('is never taken over from a stopped process of this host, however old its heartbeat is', async () => {
    const holder = await startHolder(sandbox.id)
    running = holder
    holder.signal('SIGSTOP')
    await setHeartbeat(sandbox.engine, lockName(sandbox.id), 600_000)
    const lock = await readLock(sandbox.engine, sandbox.id)
    expect(lock?.life).toBe('alive')
    expect(lock?.silentMs).toBeGreaterThan(590_000)
    await expect(take()).rejects.toBeInstanceOf(LockHeldError)
    expect(await lockId()).toBe(lock?.id)
  })

  describe.each(Object.entries(ELSEWHERE))('held by a process %s', (_, place) => {
    it('is not taken over while the heartbeat is fresh', async () => {
      const id = await foreignLock(sandbox.engine, sandbox.id, {...place, lease: '30s', heartbeatAgeMs: 20_000})
      await expect(take()).rejects.toThrow(`ci@${place.host}`)
      expect(await lockId()).toBe(id)
    })

    it('is taken over when the last heartbeat is a minute old', async () => {
      await foreignLock(sandbox.engine, sandbox.id, {...place, lease: '30s', heartbeatAgeMs: 60_000})
      expect(await take()).toBe('in')
    })

    it('counts from its creation before the first heartbeat', async () => {
      const id = await foreignLock(sandbox.engine, sandbox.id, {...place, lease: '2s'})
      await expect(take()).rejects.toBeInstanceOf(LockHeldError)
      await expect.poll(async () => (await readLock(sandbox.engine, sandbox.id))?.life, {timeout: 10_000}).toBe('dead')
      expect(await take()).toBe('in')
      expect(await lockId()).not.toBe(id)
    })

    it('is never taken over when its stackctl was too old to give signs of life', async () => {
      const id = await foreignLock(sandbox.engine, sandbox.id, place)
      await setHeartbeat(sandbox.engine, id, 600_000)
      await expect(take()).rejects.toBeInstanceOf(LockHeldError)
      expect(await readLock(sandbox.engine, sandbox.id)).toMatchObject({id, life: 'unknown'})
    })
  })

  it('goes to one at a time of three who find it dead together', async () => {
    await foreignLock(sandbox.engine, sandbox.id, {
      ...ELSEWHERE['on another host'],
      lease: '30s',
      heartbeatAgeMs: 60_000,
    })
    let inside = 0
    let most = 0
    const outcomes = await Promise.allSettled(
      Array.from({length: 3}, () =>
        withLock(sandbox.engine, {...facts(), waitMs: 60_000}, async () => {
          inside += 1
          most = Math.max(most, inside)
          await new Promise((resolve) => setTimeout(resolve, 100))
          inside -= 1
        }),
      ),
    )
    expect(outcomes.map(({status}) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(most).toBe(1)
  })

  it('stays with whoever took it over when another one, who found it dead too, is late to remove it', async () => {
    await foreignLock(sandbox.engine, sandbox.id, {
      ...ELSEWHERE['on another host'],
      lease: '30s',
      heartbeatAgeMs: 60_000,
    })
    let goOn = () => {}
    const isTaken = new Promise<void>((resolve) => (goOn = resolve))
    let found = () => {}
    const isFound = new Promise<void>((resolve) => (found = resolve))
    const late: Engine = {
      ...sandbox.engine,
      async removeContainer(...args) {
        found()
        await isTaken
        await sandbox.engine.removeContainer(...args)
      },
    }
    const refused = withLock(late, facts(), async () => 'in').catch((error: unknown) => error)
    await isFound
    await withLock(sandbox.engine, facts(), async () => {
      const id = await lockId()
      goOn()
      expect(await refused).toBeInstanceOf(LockHeldError)
      expect(await lockId()).toBe(id)
    })
  })

  it('is not mistaken for a container of somebody else that has its name', async () => {
    const id = await sandbox.engine.createContainer(lockName(sandbox.id), {
      Image: 'stackctl/empty:1',
      Cmd: ['x'],
      Labels: sandbox.labels,
    })
    await expect(take()).rejects.toThrow(`${lockName(sandbox.id)} is not a lock of stackctl`)
    expect(await lockId()).toBe(id)
  })
})
