/** What happens to a service in words that an operator reads before saying yes. Pure. */
import type {ObservedStack} from '../observe/observed.js'
import type {Desired} from './desired.js'
import type {ServiceChange} from './plan.js'
import type {ServiceState} from './service-state.js'

import {portHolders} from './take-ports.js'

export function describeChange(
  state: ServiceState,
  facts: {changing: boolean; observed: ObservedStack; desired: Desired},
): ServiceChange {
  const {service} = state.wanted
  const existing = state.current.length + state.stale.length
  const change = {
    service: service.name,
    because: facts.changing ? state.because : [],
    replicas: {from: existing, to: service.job ? 0 : service.replicas},
  }
  if (!facts.changing) return {...change, action: 'unchanged', how: '', downtime: false}
  if (service.job) return {...change, action: 'run', how: 'before anything is swapped', downtime: false}
  const action = actionFor(state, existing)
  const costs = action === 'replace' ? costsOf(state, facts) : undefined
  return {...change, action, how: howFor(state, action, costs), downtime: costs !== undefined}
}

export function describeOrphan(service: string, count: number, remove: boolean): ServiceChange {
  return {
    service,
    action: remove ? 'remove' : 'orphan',
    because: ['it is not in the compose file'],
    how: remove ? plural(count, 'replica') : 'kept; --remove-orphans removes it',
    downtime: false,
    replicas: {from: count, to: remove ? 0 : count},
  }
}

function actionFor(state: ServiceState, existing: number): ServiceChange['action'] {
  const {replicas} = state.wanted.service
  if (existing === 0) return 'create'
  if (state.stale.length > 0 && state.missing.length > 0) return 'replace'
  if (state.stale.length > 0 || state.missing.length > 0) return replicas === 0 ? 'stop' : 'scale'
  return 'start'
}

/** stop-first always leaves a gap of its own; handing a published port over to the router costs a moment. */
function costsOf(state: ServiceState, facts: {observed: ObservedStack; desired: Desired}): string | undefined {
  const {name, rollout} = state.wanted.service
  if (rollout.order === 'stop-first')
    return state.stale.some((container) => container.state === 'running') ? 'downtime while it restarts' : undefined
  const handsOver = portHolders(facts.desired, facts.observed).some((container) => container.service === name)
  return handsOver
    ? 'no connections for about half a second, longer on a busy host, while its host port passes to the router'
    : undefined
}

function howFor(state: ServiceState, action: ServiceChange['action'], costs: string | undefined): string {
  const {rollout, route, replicas} = state.wanted.service
  const count = plural(replicas, 'replica')
  if (action === 'scale') return `from ${state.current.length + state.stale.length} to ${count}`
  if (action !== 'replace') return count
  const pace =
    replicas === 1
      ? ''
      : rollout.parallelism === 0
        ? ', all at once'
        : rollout.parallelism === 1
          ? ', one at a time'
          : `, ${rollout.parallelism} at a time`
  const cost = costs ?? (route ? 'no downtime' : 'started before the old one stops')
  return `${count}${pace}, ${cost}`
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
