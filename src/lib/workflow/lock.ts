/** The lock of a stack: to work under it, to see who holds it, to take it from somebody. */
import type {Engine} from '../engine/engine.js'
import type {Surroundings} from './facts.js'

import {LockHeldError} from '../errors.js'
import {describeHolder, type LockHolder} from '../release/holder.js'
import {type Life, type LockState, readLock} from '../release/lock-state.js'
import {removeLock, withLock} from '../release/lock.js'

export interface LockingRequest extends Surroundings {
  readonly command: string
  /** How long to wait for another run that changes the stack. */
  readonly waitLockMs?: number | undefined
}

/**
 * Runs a workflow under the lock of its stack. When the lock is lost, the signal that the work is given aborts, and the
 * engine that it is given refuses every call: undoing and cleaning up included, because by then the stack may be somebody else's.
 */
export async function underLock<R extends LockingRequest, T>(request: R, work: (locked: R) => Promise<T>): Promise<T> {
  const {command, emit, engine, signal, stack, waitLockMs} = request
  const onWait = (holder: LockHolder): void =>
    emit({type: 'notice', message: `waiting for ${describeHolder(holder)} to end`})
  return withLock(engine, {project: stack.project, command, waitMs: waitLockMs, signal, onWait}, (lease) =>
    work({...request, engine: refusing(engine, lease.signal), signal: AbortSignal.any([signal, lease.signal])}),
  )
}

/** What `stackctl lock` shows. */
export interface LockReport {
  readonly project: string
  readonly held: boolean
  readonly holder: LockHolder | null
  readonly life: Life | null
  /** Milliseconds since the last sign of life, by the engine's clock. */
  readonly heartbeatAgeMs: number | null
}

export async function reportLock(engine: Engine, project: string): Promise<LockReport> {
  return reportOf(project, await readLock(engine, project))
}

export interface LockRelease {
  readonly engine: Engine
  readonly project: string
  /** Also of a holder that lives, or may live. */
  readonly force: boolean
  /** Asked before such a lock is removed; throws when the answer is no. */
  readonly approve: (report: LockReport) => Promise<void>
}

/** Removes the lock of a dead holder. Answers whose it was; throws LockHeldError when it is not dead and nothing forces it. */
export async function releaseLock({approve, engine, force, project}: LockRelease): Promise<LockReport> {
  const lock = await readLock(engine, project)
  const report = reportOf(project, lock)
  if (lock === undefined) return report
  if (lock.life !== 'dead' && !force) throw stillHeld(project, lock)
  if (lock.life !== 'dead') await approve(report)
  await removeLock(engine, lock)
  return report
}

function reportOf(project: string, lock: LockState | undefined): LockReport {
  return {
    project,
    held: lock !== undefined,
    holder: lock?.holder ?? null,
    life: lock?.life ?? null,
    heartbeatAgeMs: lock?.silentMs ?? null,
  }
}

function stillHeld(project: string, {holder, life}: LockState): LockHeldError {
  const why = life === 'alive' ? 'is alive' : 'may be alive'
  return new LockHeldError(`the holder of the lock of ${project} ${why}: ${describeHolder(holder)}`, {
    suggestions: ['wait until it has ended', 'if it hangs: stackctl lock release --force'],
    facts: {holder, life},
  })
}

function refusing(engine: Engine, lost: AbortSignal): Engine {
  return new Proxy(engine, {
    get(target, verb) {
      lost.throwIfAborted()
      return Reflect.get(target, verb) as unknown
    },
  })
}
