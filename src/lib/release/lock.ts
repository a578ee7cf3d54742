/**
 * One change of a stack at a time. The lock is a container name at the engine: creating it is atomic, so that two laptops
 * and a CI job exclude each other (6 concurrent creates give exactly one 201). The container is never started; its labels
 * say who holds the lock and for what, and its holder renews a heartbeat in it.
 */
import type {Engine} from '../engine/engine.js'

import {EngineConflictError, LockHeldError} from '../errors.js'
import {sleep} from '../gate/wait.js'
import {isAbort} from '../interruption.js'
import {formatDuration} from '../stack/duration.js'
import {buildEmptyImage} from './empty-image.js'
import {describeHolder, type LockHolder} from './holder.js'
import {type HeldLock, KeptLease, type Lease, now, within} from './lease.js'
import {lockLabels, lockName, type LockState, LockWatch} from './lock-state.js'

export interface LockRequest {
  readonly project: string
  readonly command: string
  /** How long to wait for another holder; without it the answer comes at once. */
  readonly waitMs?: number | undefined
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined
  /** Told once per holder that is waited for. */
  readonly onWait?: (holder: LockHolder) => void
}

/**
 * Runs `work` while holding the stack's lock, and gives it back whatever happens. Throws LockHeldError (exit 5) when
 * somebody else holds it, and LockLostError when it was lost while the work went on.
 */
export async function withLock<T>(
  engine: Engine,
  request: LockRequest,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const lock = await take(engine, request)
  const lease = new KeptLease(lock)
  try {
    const result = await work(lease)
    lease.signal.throwIfAborted()
    return result
  } catch (error) {
    if (isAbort(error)) lease.signal.throwIfAborted()
    throw error
  } finally {
    await lease.end()
    await giveBack(lock)
  }
}

const POLL_MS = 1000
/** A name that is taken but shows no container is being taken or given back this moment: asked again for this long. */
const SETTLE_MS = 5000
const SETTLE_POLL_MS = 50
const GIVE_BACK_MS = 10_000

async function take(engine: Engine, request: LockRequest): Promise<HeldLock> {
  const queue = new Queue(engine, request)
  for (;;) {
    const lock = await tryToTake(engine, request)
    if (lock) return lock
    await queue.untilNextTry()
  }
}

/** What is done between two attempts: bury a dead holder, or wait for one that lives. */
class Queue {
  readonly #engine: Engine
  readonly #request: LockRequest
  readonly #watch: LockWatch
  readonly #started = performance.now()
  #awaited: string | undefined

  constructor(engine: Engine, request: LockRequest) {
    this.#engine = engine
    this.#request = request
    this.#watch = new LockWatch(engine, request.project)
  }

  /** Throws LockHeldError when the time is over, and the signal's reason when that is aborted. */
  async untilNextTry(): Promise<void> {
    const {signal, waitMs = 0} = this.#request
    const other = await this.#watch.look()
    if (other?.life === 'dead') return removeLock(this.#engine, other)
    const patienceMs = other ? waitMs : Math.max(waitMs, SETTLE_MS)
    const leftMs = patienceMs - (performance.now() - this.#started)
    if (leftMs <= 0) throw held(this.#request, other)
    if (other) this.#announce(other)
    await sleep(Math.min(leftMs, other ? POLL_MS : SETTLE_POLL_MS), signal)
  }

  #announce(other: LockState): void {
    if (other.id !== this.#awaited) this.#request.onWait?.(other.holder)
    this.#awaited = other.id
  }
}

/** Undefined when the name is taken. */
async function tryToTake(engine: Engine, {command, project}: LockRequest): Promise<HeldLock | undefined> {
  const [Image, Labels] = await Promise.all([buildEmptyImage(engine), lockLabels({project, command})])
  const body = {Image, Cmd: ['never-started'], Labels, HostConfig: {NetworkMode: 'none'}}
  const takenAt = now()
  try {
    return {engine, project, takenAt, id: await engine.createContainer(lockName(project), body)}
  } catch (error) {
    if (error instanceof EngineConflictError) return undefined
    throw error
  }
}

/** Removes this very lock; one that somebody took in the meantime has another id and stays. */
export async function removeLock(engine: Engine, lock: Pick<LockState, 'id'>): Promise<void> {
  await engine.removeContainer(lock.id, {force: true})
}

/** For a command that finds nothing to change and so takes no lock: what a killed run left of its own goes all the same. */
export async function buryDeadLock(engine: Engine, project: string): Promise<void> {
  const lock = await new LockWatch(engine, project).look()
  if (lock?.life === 'dead') await removeLock(engine, lock)
}

/** An engine that does not answer now is no failure of the work: nobody renews the lock any more, so it runs out. */
async function giveBack({engine, id}: HeldLock): Promise<void> {
  await within(GIVE_BACK_MS, removeLock(engine, {id})).catch(() => {})
}

/** The error for whoever cannot have the lock. */
function held({project, waitMs}: LockRequest, lock: LockState | undefined): LockHeldError {
  const who = lock ? describeHolder(lock.holder) : 'somebody else'
  const waited = waitMs ? `, and still is after ${formatDuration(waitMs)}` : ''
  return new LockHeldError(`${project} is being changed by ${who}${waited}`, {
    suggestions: ['wait for it: --wait-lock 5m', 'if it hangs: stackctl lock release --force'],
    facts: {holder: lock?.holder, life: lock?.life},
  })
}
