/** Brings a stack back to the release that served before one that was cut short, paused or not taken back. */
import type {History} from '../plan/history.js'
import type {Plan} from '../plan/plan.js'
import type {ReleaseRecord} from '../release/record.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {unfinishedRelease} from '../plan/history.js'
import {isEmpty} from '../plan/plan.js'
import {reconcile} from '../plan/reconcile.js'
import {currentRelease} from '../release/history.js'
import {applyPlan} from './apply.js'
import {gatherReleaseFacts} from './release-facts.js'
import {rememberedReplicas} from './scale-memory.js'

export interface WayBack {
  readonly target: ReleaseRecord
  readonly facts: DeployFacts
  readonly plan: Plan
}

/** Undefined when nothing had been deployed before: there is nothing to go back to. */
export async function planWayBack(surroundings: Surroundings, history: History): Promise<WayBack | undefined> {
  const target = currentRelease(history)
  if (target === undefined) return undefined
  const left = unfinishedRelease(history)
  const facts = await gatherReleaseFacts({
    ...surroundings,
    history,
    record: target,
    number: () => target.release,
    replicas: await rememberedReplicas(surroundings, target),
  })
  const discard = new Set(Object.keys(left?.services ?? {}).filter((name) => target.services[name] === undefined))
  const options = {services: [], recreate: new Set<string>(), removeOrphans: false, discard, jobs: 'never'} as const
  return {target, facts, plan: reconcile({desired: facts.desired, observed: facts.observed, options})}
}

export async function bringBack(surroundings: Surroundings, history: History): Promise<void> {
  const way = await planWayBack(surroundings, history)
  if (way && !isEmpty(way.plan)) await applyPlan(surroundings, {command: 'abort', facts: way.facts, plan: way.plan})
}
