import type {ReconcileOptions} from '../plan/desired.js'
/** Brings a stack to what its files say: facts → plan → (yes?) → execute. */
import type {Plan} from '../plan/plan.js'
import type {DeployFacts, Surroundings} from './facts.js'
import type {HookFacts} from './hooks.js'

import {ensureImage} from '../build/pull.js'
import {type StackError, UnhealthyError, UsageError} from '../errors.js'
import {executePlan, summaryOf} from '../execute/execute.js'
import {performer} from '../execute/perform.js'
import {Site} from '../execute/site.js'
import {formatSteps} from '../plan/format.js'
import {isEmpty} from '../plan/plan.js'
import {reconcile} from '../plan/reconcile.js'
import {withLock} from '../release/lock.js'
import {describeFinding, requireStrongSecrets} from '../secrets/check.js'
import {composeHashes} from '../stack/compose-hashes.js'
import {gatherFacts} from './facts.js'
import {runHooks, withHooks} from './hooks.js'
import {preflight} from './preflight.js'

export interface DeployRequest extends Surroundings {
  readonly command: 'deploy' | 'plan' | 'migrate' | 'restart' | 'update'
  readonly options: ReconcileOptions
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
  return decide(request)
}

interface PlannedDeploy {
  readonly facts: DeployFacts
  readonly plan: Plan
}

async function decide(request: Omit<DeployRequest, 'approve'>): Promise<PlannedDeploy> {
  const facts = await gatherFacts(request)
  return {facts, plan: reconcile({desired: facts.desired, observed: facts.observed, options: request.options})}
}

export async function deploy(request: DeployRequest): Promise<DeployResult> {
  const started = performance.now()
  const {command, emit, engine, stack} = request
  emit({type: 'run-started', command, project: stack.project})
  await refreshImages(request)
  const planned = await planDeploy(request)
  if (isEmpty(planned.plan)) {
    reportOrphans(request, planned.plan)
    emit({type: 'run-finished', outcome: 'nothing-to-do', durationMs: elapsed(started)})
    return resultOf(request, planned, {
      outcome: 'nothing-to-do',
      release: currentRelease(planned.facts),
      durationMs: elapsed(started),
    })
  }

  await preflight(request, planned.facts, planned.plan)
  await request.approve(planned.plan)
  const done = await withLock(engine, {project: stack.project, command}, async () => {
    const current = await decideAgain(request, planned)
    await withHooks({surroundings: request, facts: hookFacts(request, current)}, () =>
      carryOut(request, current.facts, current.plan),
    )
    return current
  })
  return resultOf(request, done, {outcome: 'deployed', release: done.plan.release, durationMs: elapsed(started)})
}

/** The lock is taken once there is something to do and somebody agreed to it; what has changed meanwhile is decided anew. */
async function decideAgain(request: DeployRequest, planned: PlannedDeploy): Promise<PlannedDeploy> {
  const current = await decide(request)
  if (formatSteps(current.plan) === formatSteps(planned.plan)) return current
  await preflight(request, current.facts, current.plan)
  await request.approve(current.plan)
  return current
}

function hookFacts({command}: DeployRequest, {facts, plan}: PlannedDeploy): HookFacts {
  return {command, release: plan.release, previousRelease: currentRelease(facts) || undefined}
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

async function carryOut(request: DeployRequest, facts: DeployFacts, plan: Plan): Promise<void> {
  const {emit, signal} = request
  const started = performance.now()
  emit({type: 'plan-ready', steps: plan.steps.map((step) => summaryOf(step)), release: plan.release})
  try {
    await executePlan({plan, perform: performer(siteFor(request, {facts, plan})), emit, signal})
    emit({type: 'run-finished', outcome: 'succeeded', durationMs: Math.round(performance.now() - started)})
  } catch (error) {
    const outcome = signal.aborted ? 'interrupted' : 'failed'
    emit({type: 'run-finished', outcome, durationMs: Math.round(performance.now() - started)})
    throw explain(error, facts, plan)
  }
}

function siteFor(request: DeployRequest, {facts, plan}: PlannedDeploy): Site {
  const {emit, engine, env} = request
  const {stack} = facts.desired
  let hashes: Promise<ReadonlyMap<string, string>> | undefined
  return new Site({
    engine,
    stack,
    emit,
    info: facts.info,
    desired: facts.desired,
    contents: facts.contents,
    composeHashes: () => (hashes ??= composeHashes(stack, {env, signal: request.signal})),
    provideImage: (service, options) => provideImage(request, facts, {service, ...options}),
    runHooks: (kind, signal) =>
      runHooks(kind, {surroundings: {...request, signal}, facts: hookFacts(request, {facts, plan})}),
  })
}

async function provideImage(
  request: DeployRequest,
  facts: DeployFacts,
  wanted: {service: string; signal: AbortSignal; progress: (message: string) => void},
): Promise<string> {
  const options = {env: request.env, onLine: wanted.progress, signal: wanted.signal}
  if (facts.builds.has(wanted.service)) return (await facts.builder.build(wanted.service, options)).imageId
  const service = request.stack.services.find((candidate) => candidate.name === wanted.service)
  const policy = service?.pullPolicy === 'never' ? 'never' : 'missing'
  const image = await ensureImage(
    request.engine,
    {reference: service?.image ?? '', policy, platform: service?.compose.platform},
    options,
  )
  return image.id
}

/** `pull_policy: always` means: what the registry has now, before anything is decided. */
async function refreshImages({emit, engine, env, signal, stack}: Surroundings): Promise<void> {
  const services = stack.services.filter((service) => service.pullPolicy === 'always' && service.build === undefined)
  for (const service of services) {
    const onLine = (line: string): void => emit({type: 'output', source: service.name, line})
    await ensureImage(
      engine,
      {reference: service.image, policy: 'always', platform: service.compose.platform},
      {env, onLine, signal},
    )
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

/** Says what serves after a refused release; that is the first thing anybody wants to know. */
function explain(error: unknown, facts: DeployFacts, plan: Plan): unknown {
  if (!(error instanceof UnhealthyError)) return error
  const before = currentRelease(facts)
  const serving = before > 0 ? `release ${before} keeps serving` : 'what was healthy stays up'
  return new UnhealthyError(`release ${plan.release} was refused: ${error.message}; ${serving}`, {
    cause: error,
    facts: {...error.facts, release: plan.release, serving: before},
    suggestions: suggestionsFor(error),
  })
}

function suggestionsFor(error: StackError): string[] {
  const {lastLines, replica} = error.facts
  if (typeof replica !== 'string') return error.suggestions
  const hasSpoken = Array.isArray(lastLines) && lastLines.length > 0
  return [...error.suggestions, hasSpoken ? 'its last lines are above' : 'it wrote nothing before it was refused']
}

function currentRelease(facts: DeployFacts): number {
  return facts.desired.release - 1
}
