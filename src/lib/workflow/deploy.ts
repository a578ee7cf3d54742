import type {ReconcileOptions} from '../plan/desired.js'
/** Brings a stack to what its files say: facts → plan → (yes?) → execute. */
import type {Plan} from '../plan/plan.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {UsageError} from '../errors.js'
import {formatSteps} from '../plan/format.js'
import {isEmpty} from '../plan/plan.js'
import {reconcile} from '../plan/reconcile.js'
import {buryDeadLock} from '../release/lock.js'
import {describeFinding, requireStrongSecrets} from '../secrets/check.js'
import {applyRelease} from './apply-release.js'
import {changeStack, type Done} from './change.js'
import {servingRelease} from './explain.js'
import {gatherFacts} from './facts.js'
import {runHooks} from './hooks.js'
import {refreshImages} from './images.js'
import {preflight} from './preflight.js'
import {forgetOverruled, withRememberedScale} from './scale-memory.js'
import {settle} from './settle.js'

export interface DeployRequest extends Surroundings {
  readonly command: 'deploy' | 'plan' | 'migrate' | 'restart' | 'update'
  readonly options: ReconcileOptions
  /** How long to wait for a lock that somebody else holds. */
  readonly waitLockMs?: number | undefined
  /** Asked with the plan before anything is changed; throws when the answer is no. */
  readonly approve: (plan: Plan) => Promise<void>
}

export interface DeployResult {
  readonly project: string
  readonly environment: string | undefined
  readonly outcome: 'deployed' | 'nothing-to-do'
  readonly release: number
  readonly changes: Plan['changes']
  readonly durationMs: number
}

/** Facts and plan, nothing changed at the engine. Hooks before the build have run: they decide what would be built. */
export async function planDeploy(request: Omit<DeployRequest, 'approve'>): Promise<PlannedDeploy> {
  refuseUnknownServices(request)
  await warnAboutSecrets(request)
  await runHooks('pre-build', {surroundings: request, facts: {command: request.command}})
  return decide(await withRememberedScale(request))
}

interface PlannedDeploy {
  /** As the files say, with the replicas that were asked for since. */
  readonly stack: Surroundings['stack']
  readonly facts: DeployFacts
  readonly plan: Plan
}

async function decide(request: Omit<DeployRequest, 'approve'>): Promise<PlannedDeploy> {
  const facts = await gatherFacts(request)
  return {
    stack: request.stack,
    facts,
    plan: reconcile({desired: facts.desired, observed: facts.observed, options: request.options}),
  }
}

export async function deploy(asked: DeployRequest): Promise<DeployResult> {
  const started = performance.now()
  const {command, emit, waitLockMs} = asked
  emit({type: 'run-started', command, project: asked.stack.project})
  await refreshImages(asked)
  const planned = await planDeploy(asked)
  const request = {...asked, stack: planned.stack}
  if (isEmpty(planned.plan) && planned.facts.desired.unsettled === undefined) {
    await buryDeadLock(asked.engine, asked.stack.project)
    return nothingToDo(request, planned, started)
  }

  await preflight(request, planned.facts, planned.plan)
  if (!isEmpty(planned.plan)) await request.approve(planned.plan)
  const done = await changeStack({surroundings: request, command, waitLockMs}, async (surroundings) => {
    const current = await decideAgain({...request, ...surroundings}, planned)
    await carryOut({...request, ...surroundings}, current)
    await forgetOverruled(asked)
    return {value: current, done: doneIn(current)}
  })
  if (isEmpty(done.plan)) return nothingToDo(request, done, started)
  return resultOf(request, done, {outcome: 'deployed', release: done.plan.release, durationMs: elapsed(started)})
}

function nothingToDo(request: DeployRequest, planned: PlannedDeploy, started: number): DeployResult {
  const {facts, plan} = planned
  reportOrphans(request, plan)
  const durationMs = elapsed(started)
  request.emit({type: 'run-finished', outcome: 'nothing-to-do', durationMs})
  const release = facts.desired.unsettled ?? servingRelease(facts)
  return resultOf(request, planned, {outcome: 'nothing-to-do', release, durationMs})
}

/** The lock is taken once there is something to do and somebody agreed to it; what has changed meanwhile is decided anew. */
async function decideAgain(request: DeployRequest, planned: PlannedDeploy): Promise<PlannedDeploy> {
  const current = await decide(request)
  if (isEmpty(current.plan) || formatSteps(current.plan) === formatSteps(planned.plan)) return current
  await preflight(request, current.facts, current.plan)
  await request.approve(current.plan)
  return current
}

/** Where nothing is left to do for a release that was cut short, all that is missing is to say so. */
async function carryOut(surroundings: DeployRequest, {facts, plan}: PlannedDeploy): Promise<void> {
  if (!isEmpty(plan)) await applyRelease({surroundings, command: surroundings.command, facts, plan})
  else if (facts.desired.unsettled !== undefined) await settle(surroundings, facts)
}

function doneIn({plan}: PlannedDeploy): Done | undefined {
  if (isEmpty(plan)) return undefined
  const changed = plan.changes.filter((change) => change.action !== 'unchanged' && change.action !== 'orphan')
  const summary = changed.map(({action, how, service}) => `${service}: ${action} ${how}`.trimEnd()).join('; ')
  return {release: plan.release, summary}
}

function resultOf(
  {stack}: DeployRequest,
  {plan}: PlannedDeploy,
  how: Pick<DeployResult, 'outcome' | 'release' | 'durationMs'>,
): DeployResult {
  return {project: stack.project, environment: stack.environment, changes: plan.changes, ...how}
}

function elapsed(started: number): number {
  return Math.round(performance.now() - started)
}

/** Where nothing is done no plan is shown, and they would go unnoticed. */
function reportOrphans({emit}: DeployRequest, plan: Plan): void {
  for (const {how, service} of plan.changes.filter((change) => change.action === 'orphan')) {
    emit({type: 'warning', code: 'W_ORPHAN', message: `service ${service} is not in the compose file: ${how}`})
  }
}

async function warnAboutSecrets({emit, env, stack}: Surroundings): Promise<void> {
  for (const finding of await requireStrongSecrets(stack, {env})) {
    emit({type: 'warning', code: 'W_SECRET', message: describeFinding(finding)})
  }

  for (const message of stack.warnings ?? []) emit({type: 'warning', code: 'W_COMPOSE', message})
}

export function refuseUnknownServices({
  options,
  stack,
}: {
  options: Pick<ReconcileOptions, 'services'>
  stack: Surroundings['stack']
}): void {
  const known = stack.services.map((service) => service.name)
  const unknown = options.services.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new UsageError(`unknown service${unknown.length > 1 ? 's' : ''}: ${unknown.join(', ')}`, {
    suggestions: [`services of this stack: ${known.join(', ')}`],
  })
}
