/** Carries a plan out for one stack. The caller holds the lock. */
import type {ExecuteRequest, ExecuteResult} from '../execute/execute.js'
import type {Plan} from '../plan/plan.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {executePlan, summaryOf} from '../execute/execute.js'
import {performer} from '../execute/perform.js'
import {Site} from '../execute/site.js'
import {refuseExceeded} from './explain.js'

/** Carries a plan out that makes no release of its own: scaling, taking a release back. */
export async function applyPlan(surroundings: Surroundings, facts: DeployFacts, plan: Plan): Promise<void> {
  const result = await carryOut(surroundings, {plan, site: siteFor(surroundings, facts)})
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
    const result = await executePlan({plan, perform: performer(site), emit, signal, ...(journal && {journal})})
    emit({type: 'run-finished', outcome: 'succeeded', durationMs: elapsed()})
    return result
  } catch (error) {
    emit({type: 'run-finished', outcome: signal.aborted ? 'interrupted' : 'failed', durationMs: elapsed()})
    throw error
  }
}

export function siteFor({emit, engine}: Surroundings, facts: DeployFacts): Site {
  const {composeHashes, contents, desired, info, provideImage} = facts
  return new Site({engine, emit, stack: desired.stack, info, desired, contents, composeHashes, provideImage})
}
