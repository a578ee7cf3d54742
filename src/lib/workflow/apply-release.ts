/** Carries a plan out as a release: recorded, journaled, settled in the ledger however it ends. The caller holds the lock. */
import type {ExecuteResult} from '../execute/execute.js'
import type {Site} from '../execute/site.js'
import type {Plan} from '../plan/plan.js'
import type {ReleaseResult} from '../release/record.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {AtRiskError, InterruptedError, PausedError, UnhealthyError} from '../errors.js'
import {unfinishedRelease} from '../plan/history.js'
import {currentRelease} from '../release/history.js'
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
  let result: ExecuteResult
  try {
    result = await carryOut(surroundings, {plan, site, journal: run.journal})
  } catch (error_) {
    const error = await afterFailure(surroundings, facts, error_)
    await endUnsafely(surroundings, () => run.end(resultOf(error, facts), {startedAt, stable: false, error}))
    throw explainFailure(error, facts, plan)
  }

  await run.end('deployed', {startedAt, stable: result.givenUp.length === 0})
  await tidyLedger(surroundings, {record: run.record, stack: facts.desired.stack})
  refuseExceeded(plan, result)
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

/** What this run did is taken back by now. What an earlier one left, that was cut short, goes the same way. */
async function afterFailure(surroundings: Surroundings, facts: DeployFacts, error: unknown): Promise<unknown> {
  const isLeft = error instanceof AtRiskError || error instanceof PausedError
  if (isLeft || unfinishedRelease(facts.history) === undefined) return error
  try {
    // Going back is not ended by the signal that made it necessary.
    await bringBack({...surroundings, signal: new AbortController().signal}, facts.history)
    return error
  } catch (error_) {
    const why = error_ instanceof Error ? error_.message : String(error_)
    const message = `${error instanceof Error ? error.message : String(error)}; going back to the release before failed as well: ${why}`
    return new AtRiskError(message, {cause: error, suggestions: ['stackctl abort tries again, once the cause is gone']})
  }
}

function resultOf(error: unknown, facts: DeployFacts): ReleaseResult {
  if (error instanceof AtRiskError) return 'rollback-failed'
  if (error instanceof PausedError) return 'paused'
  if (error instanceof InterruptedError) return 'interrupted'
  return error instanceof UnhealthyError && currentRelease(facts.history) ? 'rolled-back' : 'failed'
}
