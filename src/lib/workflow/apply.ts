/** Carries a plan out for one stack. The caller holds the lock. */
import type {Emit} from '../events.js'
import type {ExecuteRequest, ExecuteResult} from '../execute/execute.js'
import type {Plan} from '../plan/plan.js'
import type {DeployFacts, Surroundings} from './facts.js'
import type {HookFacts} from './hooks.js'

import {executePlan, summaryOf} from '../execute/execute.js'
import {performer} from '../execute/perform.js'
import {Site, type SiteFacts} from '../execute/site.js'
import {refuseExceeded} from './explain.js'
import {runHooks} from './hooks.js'

/** Carries a plan out that makes no release of its own: scaling, taking a release back. */
export async function applyPlan(
  surroundings: Surroundings,
  {command, facts, plan}: {command: string; facts: DeployFacts; plan: Plan},
): Promise<void> {
  const result = await carryOut(surroundings, {plan, site: siteFor(surroundings, facts, {command})})
  refuseExceeded(plan, result)
}

/** Throws what made it fail, after everything was taken back that the plan says. */
export async function carryOut(
  {emit, signal}: Surroundings,
  {journal, plan, site}: {plan: Plan; site: Site; journal?: ExecuteRequest['journal']},
): Promise<ExecuteResult> {
  const started = performance.now()
  const elapsed = (): number => Math.round(performance.now() - started)
  emit({type: 'plan-ready', steps: plan.steps.map((step) => summaryOf(step)), release: plan.release})
  try {
    const perform = performer(site)
    const result = await executePlan({plan, perform, signal, emit: ofRelease(emit, plan), ...(journal && {journal})})
    emit({type: 'run-finished', outcome: 'succeeded', durationMs: elapsed()})
    return result
  } catch (error) {
    emit({type: 'run-finished', outcome: signal.aborted ? 'interrupted' : 'failed', durationMs: elapsed()})
    throw error
  } finally {
    site.close()
  }
}

/** `hooks`: what the hooks of the run are told. */
export function siteFor(surroundings: Surroundings, facts: DeployFacts, hooks: HookFacts): Site {
  const {composeHashes, contents, desired, info, provideImage} = facts
  const {emit, engine} = surroundings
  const runSiteHooks: SiteFacts['runHooks'] = async (kind, signal) =>
    runHooks(kind, {surroundings: {...surroundings, signal}, facts: hooks})
  return new Site({
    engine,
    emit,
    stack: desired.stack,
    info,
    desired,
    contents,
    composeHashes,
    provideImage,
    runHooks: runSiteHooks,
  })
}

/** Every event of a step says which release it belongs to. */
function ofRelease(emit: Emit, {release}: Plan): Emit {
  return (event) => {
    emit('step' in event ? {...event, release} : event)
  }
}
