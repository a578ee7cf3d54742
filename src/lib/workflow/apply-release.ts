/** Carries a plan out as a release: recorded, journaled, settled in the ledger however it ends. The caller holds the lock. */
import type {ExecuteResult} from '../execute/execute.js'
import type {Site} from '../execute/site.js'
import type {Plan} from '../plan/plan.js'
import type {ReleaseResult} from '../release/record.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {AtRiskError, InterruptedError, PausedError, StackError, UnhealthyError} from '../errors.js'
import {unfinishedRelease} from '../plan/history.js'
import {currentRelease} from '../release/history.js'
import {Ledger} from '../release/ledger.js'
import {ensureState} from '../release/state.js'
import {carryOut, siteFor} from './apply.js'
import {bringBack} from './bring-back.js'
import {explainFailure, refuseExceeded, servingRelease} from './explain.js'
import {withHooks} from './hooks.js'
import {ReleaseRun} from './release-run.js'
import {tidyLedger} from './tidy.js'

export interface ApplyRequest {
  readonly surroundings: Surroundings
  readonly command: string
  readonly facts: DeployFacts
  readonly plan: Plan
  readonly rollbackOf?: number | undefined
}

/** Throws what made it fail, after everything was taken back that the plan says. The stack's hooks run around it. */
export async function applyRelease(request: ApplyRequest): Promise<void> {
  const {command, facts, plan, surroundings} = request
  const hooks = {command, release: plan.release, previousRelease: servingRelease(facts) || undefined}
  await withHooks({surroundings, facts: hooks}, () => makeRelease(request, siteFor(surroundings, facts, hooks)))
}

async function makeRelease({command, facts, plan, rollbackOf, surroundings}: ApplyRequest, site: Site): Promise<void> {
  const startedAt = performance.now()
  await ensureState(surroundings.engine, plan.project)
  const run = await ReleaseRun.begin({surroundings, facts, plan, site, command, rollbackOf})
  let done: ExecuteResult
  try {
    done = await carryOut(surroundings, {plan, site, journal: run.journal})
  } catch (error_) {
    // Past the point of no return the new release serves, whatever tidying up came to.
    const error = run.isPastReturn ? error_ : await afterFailure(surroundings, facts, error_)
    const result = run.isPastReturn ? 'deployed' : resultOf(error, facts)
    await endUnsafely(surroundings, () => run.end(result, {startedAt, stable: run.isPastReturn, error}))
    throw await explainFailure(surroundings.engine, error, {facts, plan})
  }

  await run.end('deployed', {startedAt, stable: done.givenUp.length === 0})
  await tidyLedger(surroundings, {record: run.record, stack: facts.desired.stack})
  refuseExceeded(plan, done)
}

/** The first error is the one to be told, also where the ledger cannot be reached any more: then the release stays unfinished there. */
async function endUnsafely({emit}: Surroundings, end: () => Promise<void>): Promise<void> {
  try {
    await end()
  } catch (error) {
    const message = `the ledger could not be told how this ended: ${error instanceof Error ? error.message : String(error)}`
    emit({type: 'warning', code: 'W_LEDGER', message})
  }
}

/**
 * What this run did is taken back by now, or could not be. What an earlier run left that was cut short goes the same way;
 * and where an undo failed, the way back is planned anew from what there is: a second try that knows more than the first.
 */
async function afterFailure(surroundings: Surroundings, facts: DeployFacts, error: unknown): Promise<unknown> {
  const isUndone = !(error instanceof AtRiskError) && !(error instanceof PausedError)
  const hasFailed = error instanceof AtRiskError && error.facts.state === 'rollback-failed'
  if (!hasFailed && !(isUndone && unfinishedRelease(facts.history))) return error
  try {
    // Going back is not ended by the signal that made it necessary.
    const history = await new Ledger(surroundings.engine, facts.desired.stack.project).list()
    const isBack = await bringBack({...surroundings, signal: new AbortController().signal}, history)
    return isBack && hasFailed ? error.cause : error
  } catch (error_) {
    return stillAtRisk(error, error_)
  }
}

function stillAtRisk(error: unknown, problem: unknown): AtRiskError {
  const text = (one: unknown): string => (one instanceof Error ? one.message : String(one))
  const facts = {...(error instanceof StackError && error.facts), state: 'rollback-failed'}
  return new AtRiskError(`${text(error)}; going back to the release before failed as well: ${text(problem)}`, {
    cause: error,
    facts,
    suggestions: ['stackctl abort tries again, once the cause is gone'],
  })
}

function resultOf(error: unknown, facts: DeployFacts): ReleaseResult {
  if (error instanceof AtRiskError) return 'rollback-failed'
  if (error instanceof PausedError) return 'paused'
  if (error instanceof InterruptedError) return 'interrupted'
  return error instanceof UnhealthyError && currentRelease(facts.history) ? 'rolled-back' : 'failed'
}
