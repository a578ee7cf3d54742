/** The lock of a stack as anybody sees it: who holds it, and whether that holder lives. */
import type {ContainerFacts, Engine} from '../engine/engine.js'

import {EngineError, PreflightError} from '../errors.js'
import {OWN_LABELS} from '../labels.js'
import {parseDurationMs} from '../stack/duration.js'
import {readHeartbeat} from './heartbeat.js'
import {holderOf, type LockHolder, lookFor, ownLabels, type Sighting} from './holder.js'
import {LEASE_EXPIRES_AFTER_MS} from './lease.js'

const LEASE_LABEL = 'dev.stackctl.lock.lease'
const ROLE = 'lock'

/** `unknown`: of another host or container, and of a version of stackctl that gave no sign of life. Never taken over. */
export type Life = 'alive' | 'dead' | 'unknown'

export interface LockState {
  /** Of the lock's container: whoever removes the lock means this one and no later one. */
  readonly id: string
  readonly holder: LockHolder
  readonly life: Life
  /** Since the last sign of life, by the engine's clock; undefined when nobody had to ask. */
  readonly silentMs: number | undefined
}

export function lockName(project: string): string {
  return `${project}-stackctl-lock`
}

export async function lockLabels(facts: {project: string; command: string}): Promise<Record<string, string>> {
  return {
    [OWN_LABELS.project]: facts.project,
    [OWN_LABELS.role]: ROLE,
    [LEASE_LABEL]: `${LEASE_EXPIRES_AFTER_MS}ms`,
    ...(await ownLabels(facts.command)),
  }
}

/** The lock with the age of its heartbeat; undefined when nobody holds it. Throws PreflightError when something else has its name. */
export async function readLock(engine: Engine, project: string): Promise<LockState | undefined> {
  const found = await findLock(engine, project)
  return found && judgeByLease(engine, found)
}

/** The same for whoever wants to take it, without questions whose answer is known. */
export class LockWatch {
  readonly #engine: Engine
  readonly #project: string
  #last: LockState | undefined
  #lastsUntilMs = 0

  constructor(engine: Engine, project: string) {
    this.#engine = engine
    this.#project = project
  }

  async look(): Promise<LockState | undefined> {
    const found = await findLock(this.#engine, this.#project)
    if (found === undefined) return undefined
    const {container, sighting} = found
    if (sighting !== 'out-of-sight') return stateOf(container, lifeOf(sighting, undefined), undefined)
    if (this.#last?.id === container.Id && performance.now() < this.#lastsUntilMs) return this.#last
    this.#last = await judgeByLease(this.#engine, found)
    this.#lastsUntilMs = performance.now() + leaseMs(container) - (this.#last?.silentMs ?? 0)
    return this.#last
  }
}

interface FoundLock {
  readonly container: ContainerFacts
  readonly sighting: Sighting
}

async function findLock(engine: Engine, project: string): Promise<FoundLock | undefined> {
  const name = lockName(project)
  const container = await engine.inspectContainer(name)
  if (container === undefined) return undefined
  const labels = container.Config.Labels
  if (labels[OWN_LABELS.role] !== ROLE || labels[OWN_LABELS.project] !== project) {
    throw new PreflightError(`the container ${name} is not a lock of stackctl, but has its name`, {
      suggestions: [`see what it is: docker inspect ${name}`, 'remove or rename it'],
    })
  }

  return {container, sighting: await lookFor(labels)}
}

/** Undefined when the lock was given back meanwhile. */
async function judgeByLease(engine: Engine, {container, sighting}: FoundLock): Promise<LockState | undefined> {
  try {
    const heartbeat = (await readHeartbeat(engine, container.Id)) ?? createdAt(container)
    // Asked after it was read: a heartbeat that comes in between may look older than it is by a moment, never younger.
    const {time} = await engine.info()
    const silentMs = Math.max(0, time.getTime() - heartbeat.getTime())
    return stateOf(container, lifeOf(sighting, {silentMs, leaseMs: leaseMs(container)}), silentMs)
  } catch (error) {
    if (error instanceof EngineError && (await isGoing(engine, container.Id))) return undefined
    throw error
  }
}

/** In the middle of a removal the engine has many words for why a file cannot be read ("RWLayer is unexpectedly nil"). */
async function isGoing(engine: Engine, id: string): Promise<boolean> {
  const container = await engine.inspectContainer(id)
  return container === undefined || container.State.Dead || container.State.Status === 'removing'
}

/** A process that can be seen needs no lease: stopped by SIGSTOP it renews nothing, and goes on when it is continued. */
function lifeOf(sighting: Sighting, lease: {silentMs: number; leaseMs: number} | undefined): Life {
  if (sighting !== 'out-of-sight') return sighting === 'gone' ? 'dead' : 'alive'
  if (lease === undefined || lease.leaseMs === Infinity) return 'unknown'
  return lease.silentMs > lease.leaseMs ? 'dead' : 'alive'
}

/** Where there is no lease the lock is of a version that did not renew: it never runs out. */
function leaseMs(container: ContainerFacts): number {
  return parseDurationMs(container.Config.Labels[LEASE_LABEL] ?? '') ?? Infinity
}

function stateOf(container: ContainerFacts, life: Life, silentMs: number | undefined): LockState {
  return {id: container.Id, holder: holderOf(container.Config.Labels, createdAt(container)), life, silentMs}
}

function createdAt(container: ContainerFacts): Date {
  return new Date(container.Created)
}
