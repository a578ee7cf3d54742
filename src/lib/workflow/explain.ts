/** Says what serves after a release that was refused: that is the first thing anybody wants to know. */
import type {ExecuteResult} from '../execute/execute.js'
import type {Plan} from '../plan/plan.js'
import type {DeployFacts} from './facts.js'

import {AtRiskError, type StackError, UnhealthyError} from '../errors.js'
import {currentRelease} from '../release/history.js'

export function explainFailure(error: unknown, facts: DeployFacts, plan: Plan): unknown {
  const before = servingRelease(facts)
  const details = (known: StackError) => ({
    cause: known,
    facts: {...known.facts, release: plan.release, serving: before},
    suggestions: suggestionsFor(known),
  })
  if (error instanceof UnhealthyError) {
    const serving = before > 0 ? `release ${before} keeps serving` : 'what was healthy stays up'
    return new UnhealthyError(`release ${plan.release} was refused: ${error.message}; ${serving}`, details(error))
  }

  if (error instanceof AtRiskError) {
    const serving = `stackctl status shows what serves now${before > 0 ? `; release ${before} served before` : ''}`
    return new AtRiskError(`release ${plan.release}: ${error.message}; ${serving}`, details(error))
  }

  return error
}

/** `failure_action: continue` went on past failures: the release serves, but not as it was asked for. */
export function refuseExceeded(plan: Plan, {exceeded, givenUp}: Pick<ExecuteResult, 'exceeded' | 'givenUp'>): void {
  const beyond = givenUp.filter(({service}) => exceeded.includes(service))
  if (beyond.length === 0) return
  const names = beyond.map(({error, replica}) => `${replica} (${error})`).join('; ')
  throw new UnhealthyError(`release ${plan.release} serves, but without ${names}`, {
    facts: {release: plan.release, givenUp},
    suggestions: [
      'stackctl status --replicas shows them: their containers are kept, unpublished',
      'stackctl rollback goes back',
    ],
  })
}

/** 0: nothing serves. Of a stack that has no ledger yet the containers say it. */
export function servingRelease({history, observed}: Pick<DeployFacts, 'history' | 'observed'>): number {
  if (observed.containers.length === 0) return 0
  const labelled = observed.containers.map((container) => container.release ?? 0)
  return currentRelease(history)?.release ?? Math.max(0, ...labelled)
}

function suggestionsFor(error: StackError): string[] {
  const {lastLines, replica} = error.facts
  if (typeof replica !== 'string') return error.suggestions
  const hasSpoken = Array.isArray(lastLines) && lastLines.length > 0
  return [...error.suggestions, hasSpoken ? 'its last lines are above' : 'it wrote nothing before it was refused']
}
