/** Goes back to an earlier release: its images, environment, configs, secrets and replicas, by the same gate and drain as a deploy. */
import type {History} from '../plan/history.js'
import type {Plan} from '../plan/plan.js'
import type {ReleaseRecord} from '../release/record.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {refuseCrossing, rollbackTarget, unfinishedRelease} from '../plan/history.js'
import {isEmpty} from '../plan/plan.js'
import {reconcile} from '../plan/reconcile.js'
import {currentRelease} from '../release/history.js'
import {Ledger} from '../release/ledger.js'
import {applyRelease} from './apply-release.js'
import {changeStack} from './change.js'
import {nextRelease} from './facts.js'
import {preflight} from './preflight.js'
import {gatherReleaseFacts} from './release-facts.js'

export interface RollbackRequest extends Surroundings {
  /** Undefined = the last stable release before the current one. */
  readonly release: number | undefined
  /** Go back across migrations as well. */
  readonly force: boolean
  readonly waitLockMs?: number | undefined
  /** Asked with the plan before anything is changed; throws when the answer is no. */
  readonly approve: (plan: Plan, target: number) => Promise<void>
}

export interface RollbackResult {
  readonly project: string
  readonly outcome: 'rolled-back' | 'nothing-to-do'
  /** The release that was made. */
  readonly release: number
  /** The release that it brings back. */
  readonly target: number
  readonly changes: Plan['changes']
  readonly durationMs: number
}

interface PlannedRollback {
  readonly target: ReleaseRecord
  readonly facts: DeployFacts
  readonly plan: Plan
}

/** Changes nothing. Throws UsageError (exit 2) for a release that is not there, PreflightError (exit 3) when migrations would be crossed. */
export async function planRollback(request: Omit<RollbackRequest, 'approve'>): Promise<PlannedRollback> {
  const {engine, force, release, stack} = request
  const history = await new Ledger(engine, stack.project).list()
  const target = rollbackTarget(history, release)
  if (!force) refuseCrossing(history, target)
  const facts = await gatherReleaseFacts({
    ...request,
    history,
    record: target,
    number: (observed) => nextRelease(observed, history),
  })
  const discard = servicesToDiscard(history, target)
  const options = {services: [], recreate: new Set<string>(), removeOrphans: false, discard, jobs: 'never'} as const
  return {target, facts, plan: reconcile({desired: facts.desired, observed: facts.observed, options})}
}

export async function rollback(request: RollbackRequest): Promise<RollbackResult> {
  const started = performance.now()
  const {emit, stack, waitLockMs} = request
  emit({type: 'run-started', command: 'rollback', project: stack.project})
  const planned = await planRollback(request)
  const result = ({plan, target}: PlannedRollback, outcome: RollbackResult['outcome']): RollbackResult => ({
    project: stack.project,
    outcome,
    release: plan.release,
    target: target.release,
    changes: plan.changes,
    durationMs: Math.round(performance.now() - started),
  })
  // In the middle of a release that was cut short there is something to settle, even where no container has to move.
  if (isEmpty(planned.plan) && unfinishedRelease(planned.facts.history) === undefined) {
    const nothing = result(planned, 'nothing-to-do')
    emit({type: 'run-finished', outcome: 'nothing-to-do', durationMs: nothing.durationMs})
    return {...nothing, release: currentRelease(planned.facts.history)?.release ?? planned.target.release}
  }

  await preflight({...request, stack: planned.facts.desired.stack}, planned.facts, planned.plan)
  await request.approve(planned.plan, planned.target.release)
  return changeStack({surroundings: request, command: 'rollback', waitLockMs}, async (surroundings) => {
    // Somebody may have deployed before the lock was ours: the way back is decided anew.
    const current = await planRollback({...request, ...surroundings})
    const {facts, plan, target} = current
    await applyRelease({surroundings, command: 'rollback', facts, plan, rollbackOf: target.release})
    await forgetScale(surroundings, target)
    const done = {release: plan.release, summary: `back to release ${target.release}`}
    return {value: result(current, 'rolled-back'), done}
  })
}

/** Services of later releases that the target does not have. */
function servicesToDiscard(history: History, target: ReleaseRecord): Set<string> {
  const later = history.filter(({release}) => release > target.release)
  const names = later.flatMap(({services}) => Object.keys(services))
  return new Set(names.filter((name) => target.services[name] === undefined))
}

/** The release says how many replicas it wants; what was asked for in between is over. */
async function forgetScale({engine}: Surroundings, target: ReleaseRecord): Promise<void> {
  const ledger = new Ledger(engine, target.project)
  const memory = await ledger.scale()
  const kept = Object.entries(memory).filter(([name, {replicas}]) => target.services[name]?.replicas === replicas)
  if (kept.length !== Object.keys(memory).length) await ledger.writeScale(Object.fromEntries(kept))
}
