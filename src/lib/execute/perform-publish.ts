/** Publishing a replica, and noticing when it dies on its way to the router. */
import type {ContainerFacts} from '../engine/engine.js'
import type {ReplicaRef} from '../plan/plan.js'
import type {Site} from './site.js'

import {inspect, refuseIfGone, type Watched} from '../gate/refusal.js'
import {sleep} from '../gate/wait.js'

const LOOK_EVERY_MS = 250

/**
 * Returns once the router sends it requests. A replica that exits or restarts meanwhile is refused at once (UnhealthyError):
 * that the router cannot reach it is the consequence, and waiting for it would take 15 s. What its health check says is not
 * asked: going back to a replica that is poorly beats having none.
 */
export async function publish(site: Site, {container, service}: ReplicaRef, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const watched = {engine: site.engine, container, replica: container, signal: AbortSignal.any([signal, over.signal])}
  const first = await inspect(watched)
  try {
    await Promise.race([site.router.publish(service, container, watched.signal), untilDead(watched, first)])
  } catch (error) {
    if (await isDead(watched, first)) await refuseIfGone(watched, first)
    throw error
  } finally {
    over.abort()
  }
}

async function untilDead(watched: Watched, first: ContainerFacts): Promise<void> {
  while (!(await isDead(watched, first))) await sleep(LOOK_EVERY_MS, watched.signal)
  await refuseIfGone(watched, first)
}

async function isDead(watched: Watched, first: ContainerFacts): Promise<boolean> {
  const {State: state, RestartCount} = await inspect(watched)
  return !state.Running || RestartCount !== first.RestartCount || state.StartedAt !== first.State.StartedAt
}
