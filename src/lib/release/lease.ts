/**
 * A lock is held on a lease: its holder renews it, and stops by itself before anybody else may think it dead. What must
 * hold is `giveUpAfterMs` + the second that a heartbeat may be rounded + the time that work needs to stop < `expiresAfterMs`.
 */
import type {Engine} from '../engine/engine.js'

import {isNotFound} from '../engine/docker-errors.js'
import {LockLostError} from '../errors.js'
import {sleep} from '../gate/wait.js'
import {formatDuration} from '../stack/duration.js'
import {writeHeartbeat} from './heartbeat.js'

export interface LeaseTimings {
  readonly renewEveryMs: number
  /** An attempt to renew that takes longer is given up, and another one is made. */
  readonly attemptMs: number
  readonly retryMs: number
  /** A holder that could not renew for so long has lost its lock. */
  readonly giveUpAfterMs: number
}

/** A holder that was not heard of for so long is dead. It stands on the lock, so that another version may choose another. */
export const LEASE_EXPIRES_AFTER_MS = 30_000

const TIMINGS: LeaseTimings = {renewEveryMs: 5000, attemptMs: 5000, retryMs: 1000, giveUpAfterMs: 20_000}
const WATCH_MS = 500

/** What the work under a lock is given. */
export interface Lease {
  /** Aborted with a LockLostError when the lock is not held any more: nothing may be changed from then on. */
  readonly signal: AbortSignal
}

export interface HeldLock {
  readonly engine: Engine
  readonly project: string
  /** Of the lock's container. */
  readonly id: string
  /** Just before it was created: its creation is the first heartbeat. */
  readonly takenAt: Moment
}

/** A moment on two clocks: the monotonic one stands still while the machine sleeps, the other one may be set back. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

export function now(): Moment {
  return {wallMs: Date.now(), monotonicMs: performance.now()}
}

/** Renews until it is ended or lost. */
export class KeptLease implements Lease {
  readonly #lock: HeldLock
  readonly #timings: LeaseTimings
  readonly #lost = new AbortController()
  readonly #ended = new AbortController()
  readonly #watch: NodeJS.Timeout
  readonly #renewing: Promise<void>
  #renewedAt: Moment
  #failure: string | undefined

  constructor(lock: HeldLock, timings: LeaseTimings = TIMINGS) {
    this.#lock = lock
    this.#timings = timings
    this.#renewedAt = lock.takenAt
    this.#watch = setInterval(() => this.#check(), Math.min(WATCH_MS, timings.giveUpAfterMs))
    this.#renewing = this.#keepRenewing()
  }

  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** Resolves when no heartbeat is under way any more: one in the middle of the container's removal could make that fail. */
  async end(): Promise<void> {
    this.#ended.abort()
    clearInterval(this.#watch)
    await this.#renewing
  }

  /** A watch of its own: a call to an engine that went away may take for ever. */
  #check(): void {
    const silentMs = elapsedMs(this.#renewedAt)
    if (silentMs <= this.#timings.giveUpAfterMs) return
    const seconds = formatDuration(Math.floor(silentMs / 1000) * 1000)
    this.#lose(`it was not renewed for ${seconds}${this.#failure === undefined ? '' : `: ${this.#failure}`}`)
  }

  #lose(why: string): void {
    this.#lost.abort(
      new LockLostError(`lost the lock of ${this.#lock.project}: ${why}`, {
        suggestions: ['stackctl lock   shows who holds it now', 'stackctl status   shows what serves'],
        facts: {project: this.#lock.project},
      }),
    )
    this.#ended.abort()
    clearInterval(this.#watch)
  }

  async #keepRenewing(): Promise<void> {
    const {renewEveryMs, retryMs} = this.#timings
    while (!this.#ended.signal.aborted) {
      await sleep(this.#failure === undefined ? renewEveryMs : retryMs, this.#ended.signal).catch(() => {})
      // First: a heartbeat right after the machine woke up would hide that somebody may have had the lock meanwhile.
      this.#check()
      if (!this.#ended.signal.aborted) await this.#renew()
    }
  }

  async #renew(): Promise<void> {
    const started = now()
    try {
      await within(this.#timings.attemptMs, writeHeartbeat(this.#lock.engine, this.#lock.id))
      this.#renewedAt = started
      this.#failure = undefined
    } catch (error) {
      if (isNotFound(error)) this.#lose('somebody removed it')
      this.#failure = error instanceof Error ? error.message : String(error)
    }
  }
}

/** The answer, or an error after `ms`; what is under way is left to itself. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const enough = new AbortController()
  work.catch(() => {})
  try {
    return await Promise.race([
      work,
      sleep(ms, enough.signal).then(() => {
        throw new Error(`no answer in ${formatDuration(ms)}`)
      }),
    ])
  } finally {
    enough.abort()
  }
}

function elapsedMs(since: Moment): number {
  const {monotonicMs, wallMs} = now()
  return Math.max(wallMs - since.wallMs, monotonicMs - since.monotonicMs)
}
