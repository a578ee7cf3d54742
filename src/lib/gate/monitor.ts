/**
 * The monitor: replicas that were accepted have to stay up for a while. One that exits (with 0 as well), restarts or turns
 * unhealthy is noticed within a quarter of a second, while what it replaced is still there to go back to.
 */
import type {Engine} from '../engine/engine.js'

import {inspect, refusal, refuseIfGone, type Watched} from './refusal.js'
import {sleep} from './wait.js'

const LOOK_EVERY_MS = 250

export interface MonitorRequest {
  readonly engine: Engine
  /** Container names. */
  readonly replicas: readonly string[]
  readonly windowMs: number
  /** They served before: that they restarted at some time says nothing. */
  readonly restored?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Returns when the window is over. Throws UnhealthyError with the reason and the last log lines at the first that fails. */
export async function monitorReplicas(request: MonitorRequest): Promise<void> {
  const {engine, replicas, restored, signal, windowMs} = request
  const end = performance.now() + windowMs
  const watched: Watched[] = replicas.map((container) => ({engine, container, replica: container, signal}))
  if (!restored) for (const replica of watched) await refuseRestarted(replica)
  const before = await Promise.all(watched.map(async (replica) => ({replica, facts: await inspect(replica)})))
  while (performance.now() < end) {
    await Promise.all(before.map(({facts, replica}) => refuseIfGone(replica, facts)))
    await sleep(Math.min(LOOK_EVERY_MS, Math.max(1, end - performance.now())), signal)
  }
}

/** A new replica that has restarted before the window opened was a crash loop from the start. */
export async function refuseRestarted(replica: Watched): Promise<void> {
  const facts = await inspect(replica)
  if (facts.RestartCount > 0)
    throw await refusal(replica, `has restarted ${facts.RestartCount} times since it was accepted`)
}
