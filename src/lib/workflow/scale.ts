/** Other numbers of replicas for services of the release that serves: the files of today play no part. */
import type {Plan} from '../plan/plan.js'
import type {ReleaseRecord} from '../release/record.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {ConfigError, UsageError} from '../errors.js'
import {unfinishedRelease} from '../plan/history.js'
import {isEmpty} from '../plan/plan.js'
import {reconcile} from '../plan/reconcile.js'
import {currentRelease} from '../release/history.js'
import {Ledger} from '../release/ledger.js'
import {restoreStack} from '../stack/restore.js'
import {scalingObstacle} from '../stack/scaling.js'
import {applyPlan} from './apply.js'
import {changeStack} from './change.js'
import {gatherReleaseFacts} from './release-facts.js'
import {rememberedReplicas} from './scale-memory.js'

export interface ScaleRequest extends Surroundings {
  /** Replicas by service. */
  readonly replicas: Readonly<Record<string, number>>
  readonly waitLockMs?: number | undefined
  readonly approve: (plan: Plan) => Promise<void>
}

export interface ScaleResult {
  readonly project: string
  readonly outcome: 'scaled' | 'nothing-to-do'
  readonly release: number
  readonly services: Readonly<Record<string, {readonly from: number; readonly to: number}>>
  readonly durationMs: number
}

interface PlannedScale {
  readonly record: ReleaseRecord
  readonly facts: DeployFacts
  readonly plan: Plan
}

/** Changes nothing. Throws ConfigError (exit 3) for a service that cannot be scaled, with the reason. */
export async function planScale(
  request: Omit<ScaleRequest, 'approve'>,
  {isLocked}: {isLocked: boolean},
): Promise<PlannedScale> {
  const {engine, replicas, stack} = request
  const history = await new Ledger(engine, stack.project).list()
  const record = currentRelease(history)
  if (record === undefined)
    throw new ConfigError('nothing has been deployed yet: there is nothing to scale', {
      suggestions: ['stackctl deploy'],
    })
  refuseUnfinished(unfinishedRelease(history), isLocked)
  refuseUnknown(record, replicas)
  await refuseObstacles(request, record)
  const facts = await gatherReleaseFacts({
    ...request,
    history,
    record,
    number: () => record.release,
    replicas: {...(await rememberedReplicas(request, record)), ...replicas},
  })
  const options = {
    services: Object.keys(replicas),
    recreate: new Set<string>(),
    removeOrphans: false,
    jobs: 'never',
  } as const
  return {record, facts, plan: reconcile({desired: facts.desired, observed: facts.observed, options})}
}

export async function scale(request: ScaleRequest): Promise<ScaleResult> {
  const started = performance.now()
  const {emit, replicas, stack, waitLockMs} = request
  emit({type: 'run-started', command: 'scale', project: stack.project})
  const planned = await planScale(request, {isLocked: false})
  if (!isEmpty(planned.plan)) await request.approve(planned.plan)
  const scaled = await changeStack({surroundings: request, command: 'scale', waitLockMs}, async (surroundings) => {
    const current = await planScale({...request, ...surroundings}, {isLocked: true})
    // Remembered first: a run that is killed on its way is finished by the next deploy.
    await remember(surroundings, current.record, replicas)
    if (!isEmpty(current.plan))
      await applyPlan(surroundings, {command: 'scale', facts: current.facts, plan: current.plan})
    const summary = Object.entries(replicas).map(([name, count]) => `${name} to ${count}`)
    return {value: current, done: {release: current.record.release, summary: `scaled ${summary.join(', ')}`}}
  })
  const durationMs = Math.round(performance.now() - started)
  const outcome = isEmpty(scaled.plan) ? 'nothing-to-do' : 'scaled'
  if (outcome === 'nothing-to-do') emit({type: 'run-finished', outcome, durationMs})
  return {project: stack.project, outcome, release: scaled.record.release, services: movedIn(scaled.plan), durationMs}
}

function movedIn(plan: Plan): ScaleResult['services'] {
  return Object.fromEntries(plan.changes.map(({replicas, service}) => [service, replicas]))
}

/** What the file said when a service was first scaled decides how long that holds. */
async function remember(
  {engine}: Surroundings,
  record: ReleaseRecord,
  wanted: Readonly<Record<string, number>>,
): Promise<void> {
  const ledger = new Ledger(engine, record.project)
  const memory = {...(await ledger.scale())}
  for (const [name, replicas] of Object.entries(wanted)) {
    const fileReplicas = memory[name]?.fileReplicas ?? record.services[name]?.replicas ?? replicas
    memory[name] = {replicas, fileReplicas}
  }

  await ledger.writeScale(memory)
}

/** One that is `running` may be at work; under the lock it is known to be dead. */
function refuseUnfinished(unfinished: ReleaseRecord | undefined, isLocked: boolean): void {
  if (unfinished === undefined || (unfinished.result === 'running' && !isLocked)) return
  const state = unfinished.result === 'running' ? 'was cut short' : `is ${unfinished.result}`
  throw new ConfigError(`release ${unfinished.release} ${state}: there is no one release to scale`, {
    suggestions: ['stackctl resume goes on with it', 'stackctl abort takes it back'],
  })
}

function refuseUnknown(record: ReleaseRecord, replicas: ScaleRequest['replicas']): void {
  const unknown = Object.keys(replicas).filter((name) => record.services[name] === undefined)
  if (unknown.length === 0) return
  const known = Object.entries(record.services).filter(([, {job}]) => !job)
  throw new UsageError(`unknown service${unknown.length > 1 ? 's' : ''}: ${unknown.join(', ')}`, {
    suggestions: [`services of release ${record.release}: ${known.map(([name]) => name).join(', ')}`],
  })
}

async function refuseObstacles(
  {engine, replicas}: Pick<ScaleRequest, 'engine' | 'replicas'>,
  record: ReleaseRecord,
): Promise<void> {
  const snapshot = await new Ledger(engine, record.project).snapshot(record.release)
  if (snapshot === undefined) return
  const problems = (await restoreStack(snapshot)).services.flatMap((service) => {
    const wanted = replicas[service.name]
    const obstacle = wanted === undefined ? undefined : scalingObstacle(service, wanted)
    return obstacle === undefined ? [] : [`service ${service.name} cannot be scaled to ${wanted}: ${obstacle}`]
  })
  if (problems.length > 0) throw new ConfigError(problems.join('; '), {suggestions: ['stackctl config shows its keys']})
}
