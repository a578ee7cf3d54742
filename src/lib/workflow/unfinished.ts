/** A release that was cut short, paused or could not be taken back: taken up again, or taken back. */
import type {Plan} from '../plan/plan.js'
import type {ReleaseRecord} from '../release/record.js'
import type {Surroundings} from './facts.js'

import {ConfigError} from '../errors.js'
import {unfinishedRelease} from '../plan/history.js'
import {isEmpty} from '../plan/plan.js'
import {reconcile} from '../plan/reconcile.js'
import {currentRelease} from '../release/history.js'
import {Ledger} from '../release/ledger.js'
import {applyRelease} from './apply-release.js'
import {applyPlan} from './apply.js'
import {planWayBack} from './bring-back.js'
import {changeStack, type Done} from './change.js'
import {gatherReleaseFacts} from './release-facts.js'
import {rememberedReplicas} from './scale-memory.js'
import {settle} from './settle.js'

export interface UnfinishedRequest extends Surroundings {
  readonly waitLockMs?: number | undefined
  /** Asked with the plan before anything is changed; throws when the answer is no. */
  readonly approve: (plan: Plan) => Promise<void>
}

export interface UnfinishedResult {
  readonly project: string
  readonly outcome: 'resumed' | 'aborted' | 'nothing-to-do'
  /** The release that was unfinished. */
  readonly release: number | undefined
  /** The release that serves now. */
  readonly serving: number | undefined
  readonly durationMs: number
}

/** Goes on with the release that was cut short, as it was: the files of today play no part. */
export async function resume(request: UnfinishedRequest): Promise<UnfinishedResult> {
  return withUnfinished(request, 'resume', async (surroundings, history, record) => {
    refuseWithoutImages(record)
    const facts = await gatherReleaseFacts({
      ...surroundings,
      history,
      record,
      number: () => record.release,
      unsettled: record.release,
      replicas: await rememberedReplicas(surroundings, record),
    })
    const options = {services: [], recreate: new Set<string>(), removeOrphans: false, jobs: jobsOf(record)}
    const plan = reconcile({desired: facts.desired, observed: facts.observed, options})
    if (isEmpty(plan)) await settle(surroundings, facts)
    else {
      await request.approve(plan)
      await applyRelease({surroundings, command: 'resume', facts, plan})
    }

    return {outcome: 'resumed', serving: record.release, done: {release: record.release, summary: 'went on with it'}}
  })
}

/** Brings back what served before the release that was cut short, and removes what is left of it. */
export async function abort(request: UnfinishedRequest): Promise<UnfinishedResult> {
  return withUnfinished(request, 'abort', async (surroundings, history, record) => {
    const way = await planWayBack(surroundings, history)
    if (way === undefined) {
      throw new ConfigError(`release ${record.release} is the first: there is nothing to go back to`, {
        suggestions: ['stackctl resume or stackctl deploy goes on', 'stackctl down removes what there is'],
      })
    }

    if (!isEmpty(way.plan)) {
      await request.approve(way.plan)
      await applyPlan(surroundings, {command: 'abort', facts: way.facts, plan: way.plan})
    }

    const finishedAt = new Date().toISOString()
    await new Ledger(surroundings.engine, record.project).write({...record, result: 'aborted', finishedAt})
    const summary = `took it back; release ${way.target.release} serves`
    return {outcome: 'aborted', serving: way.target.release, done: {release: record.release, summary}}
  })
}

type Work = (
  surroundings: Surroundings,
  history: readonly ReleaseRecord[],
  record: ReleaseRecord,
) => Promise<Pick<UnfinishedResult, 'outcome' | 'serving'> & {done: Done}>

/** Under the lock: only its holder knows that whoever began the release is not at work any more. */
async function withUnfinished(request: UnfinishedRequest, command: string, work: Work): Promise<UnfinishedResult> {
  const started = performance.now()
  const {emit, stack, waitLockMs} = request
  const {project} = stack
  emit({type: 'run-started', command, project})
  return changeStack<UnfinishedResult>({surroundings: request, command, waitLockMs}, async (surroundings) => {
    const history = await new Ledger(surroundings.engine, project).list()
    const record = unfinishedRelease(history)
    const durationMs = (): number => Math.round(performance.now() - started)
    if (record === undefined) {
      emit({type: 'run-finished', outcome: 'nothing-to-do', durationMs: durationMs()})
      const serving = currentRelease(history)?.release
      return {
        value: {project, outcome: 'nothing-to-do', release: undefined, serving, durationMs: durationMs()},
        done: undefined,
      }
    }

    const {done, outcome, serving} = await work(surroundings, history, record)
    return {value: {project, outcome, release: record.release, serving, durationMs: durationMs()}, done}
  })
}

function jobsOf({rollbackOf}: ReleaseRecord): 'never' | 'when-changed' {
  return rollbackOf === undefined ? 'when-changed' : 'never'
}

/** Killed while it built: only the files know how to go on. */
function refuseWithoutImages(record: ReleaseRecord): void {
  const missing = Object.entries(record.services).filter(([, {image, job}]) => image.id === undefined && !job)
  if (missing.length === 0) return
  const names = missing.map(([name]) => name).join(', ')
  throw new ConfigError(`release ${record.release} was cut short before its images were there (${names})`, {
    suggestions: ['stackctl deploy goes on from the files', 'stackctl abort takes it back'],
  })
}
