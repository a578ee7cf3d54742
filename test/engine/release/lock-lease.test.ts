import {once} from 'node:events'
import {afterAll, afterEach, beforeAll, describe, expect, it, vi} from 'vitest'

import type {Engine} from '../../../src/lib/engine/engine.js'
import type {Stack} from '../../../src/lib/stack/model.js'

import {LockHeldError, LockLostError} from '../../../src/lib/errors.js'
import {readHeartbeat} from '../../../src/lib/release/heartbeat.js'
import {KeptLease, now} from '../../../src/lib/release/lease.js'
import {lockName} from '../../../src/lib/release/lock-state.js'
import {withLock} from '../../../src/lib/release/lock.js'
import {underLock} from '../../../src/lib/workflow/lock.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'
import {ELSEWHERE, foreignLock} from './holder.js'

const QUICK = {renewEveryMs: 100, attemptMs: 300, retryMs: 50, giveUpAfterMs: 2000}

describe('the lease of a lock', () => {
  let sandbox: Sandbox
  const facts = () => ({project: sandbox.id, command: 'deploy'})
  const lockId = async () => (await sandbox.engine.inspectContainer(lockName(sandbox.id)))?.Id
  const lockElsewhere = async (lease = '30s') =>
    foreignLock(sandbox.engine, sandbox.id, {...ELSEWHERE['on another host'], lease})
  const keep = async (engine: Engine) =>
    new KeptLease({engine, project: sandbox.id, id: await lockElsewhere(), takenAt: now()}, QUICK)

  beforeAll(async () => {
    sandbox = await openSandbox('lease')
    await withLock(sandbox.engine, facts(), async () => {})
  })

  afterEach(async () => {
    vi.restoreAllMocks()
    await sandbox.engine.removeContainer(lockName(sandbox.id), {force: true})
  })

  afterAll(async () => {
    await sandbox.remove()
  })

  it("is renewed with the time of the engine's clock, not of this host's", async () => {
    const {time} = await sandbox.engine.info()
    const real = Date.now()
    vi.spyOn(Date, 'now').mockReturnValue(real - 7_200_000)
    const lease = await keep(sandbox.engine)
    const heartbeat = async () => Number(await readHeartbeat(sandbox.engine, lockName(sandbox.id)))
    await expect.poll(heartbeat, {timeout: 10_000}).toBeGreaterThan(Number(time))
    expect(Math.abs((await heartbeat()) - Number(time))).toBeLessThan(60_000)
    await lease.end()
    expect(lease.signal.aborted).toBe(false)
  })

  it('outlives an attempt to renew that gets no answer', async () => {
    let attempts = 0
    const lease = await keep({
      ...sandbox.engine,
      async putArchive(...args) {
        attempts += 1
        if (attempts % 2 === 1) await new Promise(() => {})
        await sandbox.engine.putArchive(...args)
      },
    })
    await expect.poll(() => attempts, {timeout: 20_000}).toBeGreaterThan(5)
    expect(lease.signal.aborted).toBe(false)
    await lease.end()
  })

  it('is lost when the engine has not taken a heartbeat for too long, and the error says why', async () => {
    const lease = await keep({
      ...sandbox.engine,
      putArchive: async () => {
        throw new Error('the network is down')
      },
    })
    await once(lease.signal, 'abort')
    expect(lease.signal.reason).toBeInstanceOf(LockLostError)
    expect(lease.signal.reason).toMatchObject({
      exit: 4,
      message: expect.stringMatching(/^lost the lock of \S+: it was not renewed for \ds: the network is down$/),
    })
    await lease.end()
  })

  it('is lost when the engine never answers', async () => {
    const lease = await keep({...sandbox.engine, info: async () => new Promise(() => {})})
    await once(lease.signal, 'abort')
    expect((lease.signal.reason as Error).message).toContain('no answer in 300ms')
    await lease.end()
  })

  it('is lost when this machine was asleep for a while', async () => {
    const lease = await keep(sandbox.engine)
    const real = Date.now()
    vi.spyOn(Date, 'now').mockReturnValue(real + 600_000)
    await once(lease.signal, 'abort')
    expect((lease.signal.reason as Error).message).toMatch(/not renewed for (?:10m|9m59s)/)
    await lease.end()
  })

  it('ends the work when somebody removed the lock, and leaves the lock of the next one alone', async () => {
    let next: string | undefined
    const work = withLock(sandbox.engine, facts(), async ({signal}) => {
      await sandbox.engine.removeContainer((await lockId()) ?? '', {force: true})
      next = await lockElsewhere()
      await once(signal, 'abort')
      // What is cut short often says no more than this.
      throw new DOMException('aborted', 'AbortError')
    })
    await expect(work).rejects.toThrow(`lost the lock of ${sandbox.id}: somebody removed it`)
    expect(await lockId()).toBe(next)
  })

  it('lets a workflow change nothing more once it is lost, and does not call that done', async () => {
    const {signal} = new AbortController()
    const stack = {project: sandbox.id} as Stack
    const redact = <T>(data: T): T => data
    const request = {engine: sandbox.engine, stack, env: {}, emit: () => {}, redact, signal, command: 'deploy'}
    const work = underLock(request, async (locked) => {
      expect(await locked.engine.inspectContainer(lockName(sandbox.id))).toBeDefined()
      await sandbox.engine.removeContainer((await lockId()) ?? '', {force: true})
      await once(locked.signal, 'abort')
      expect(() => locked.engine.removeContainer('any')).toThrow(LockLostError)
    })
    await expect(work).rejects.toThrow(LockLostError)
  })

  it('is waited for, and taken once it is given back', async () => {
    const id = await lockElsewhere()
    const waitedFor: string[] = []
    const waiting = withLock(
      sandbox.engine,
      {...facts(), waitMs: 60_000, onWait: ({host}) => void waitedFor.push(host)},
      async () => 'in',
    )
    await expect.poll(() => waitedFor, {timeout: 10_000}).toEqual(['elsewhere'])
    await sandbox.engine.removeContainer(id, {force: true})
    expect(await waiting).toBe('in')
    expect(waitedFor).toEqual(['elsewhere'])
  })

  it('is taken over by whoever waits when its holder dies meanwhile', async () => {
    await lockElsewhere('2s')
    expect(await withLock(sandbox.engine, {...facts(), waitMs: 60_000}, async () => 'in')).toBe('in')
  })

  it('is waited for no longer than asked', async () => {
    await lockElsewhere()
    const started = performance.now()
    const waiting = withLock(sandbox.engine, {...facts(), waitMs: 1500}, async () => 'in')
    const error = await waiting.catch((error_: unknown) => error_)
    expect(error).toBeInstanceOf(LockHeldError)
    expect((error as Error).message).toContain('and still is after 1.5s')
    expect(performance.now() - started).toBeGreaterThan(1490)
  })

  it('is waited for until the run is interrupted', async () => {
    await lockElsewhere()
    const interruption = new AbortController()
    const waiting = withLock(
      sandbox.engine,
      {...facts(), waitMs: 60_000, signal: interruption.signal, onWait: () => interruption.abort(new Error('enough'))},
      async () => 'in',
    )
    await expect(waiting).rejects.toThrow('enough')
  })
})
