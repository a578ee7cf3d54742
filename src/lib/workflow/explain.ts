/** Says what serves after a release that was refused: that is the first thing anybody wants to know. */
import type {Engine} from '../engine/engine.js'
import type {ExecuteResult} from '../execute/execute.js'
import type {ObservedStack} from '../observe/observed.js'
import type {Plan} from '../plan/plan.js'
import type {Service, Stack} from '../stack/model.js'
import type {DeployFacts} from './facts.js'

import {AtRiskError, type StackError, UnhealthyError} from '../errors.js'
import {currentRelease} from '../release/history.js'
import {observeStack} from './facts.js'

export async function explainFailure(
  engine: Engine,
  error: unknown,
  {facts, plan}: {facts: DeployFacts; plan: Plan},
): Promise<unknown> {
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
    const serving = await servingNow(engine, facts.desired.stack)
    return new AtRiskError(`release ${plan.release}: ${error.message}; ${serving}`, details(error))
  }

  return error
}

/** `serves now: web release 1 (2 of 3 replicas), db release 2; nothing: worker` */
async function servingNow(engine: Engine, stack: Stack): Promise<string> {
  try {
    const observed = await observeStack({engine, stack})
    const services = stack.services.filter((service) => service.job === undefined && service.replicas > 0)
    const states = services.map((service) => ({service, replicas: servingReplicas(service, observed)}))
    const up = states.filter(({replicas}) => replicas.length > 0).map((state) => describeReplicas(state))
    const down = states.filter(({replicas}) => replicas.length === 0).map(({service}) => service.name)
    const nothing = down.length === 0 ? '' : `; not served: ${down.join(', ')}`
    return `serves now: ${up.length === 0 ? 'nothing' : up.join(', ')}${nothing}`
  } catch {
    return 'what serves now cannot be told: the engine does not answer'
  }
}

function servingReplicas(service: Service, {containers}: ObservedStack): ObservedStack['containers'] {
  const running = containers.filter((one) => one.service === service.name && one.state === 'running')
  return service.route === undefined ? running : running.filter(({serving}) => serving)
}

function describeReplicas({replicas, service}: {service: Service; replicas: ObservedStack['containers']}): string {
  const releases = [...new Set(replicas.map(({release}) => release ?? 'of docker compose'))]
  const count = replicas.length === service.replicas ? '' : ` (${replicas.length} of ${service.replicas} replicas)`
  return `${service.name} release ${releases.join(' and ')}${count}`
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
