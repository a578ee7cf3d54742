/** Pre-deploy jobs: run to completion, once per image and command, before anything is swapped. Pure. */
import type {ObservedContainer} from '../observe/observed.js'
import type {HookCommand} from '../stack/model.js'
import type {PlanBuilder} from './builder.js'
import type {ReconcileOptions} from './desired.js'
import type {RolloutNeeds} from './replica-steps.js'
import type {ServiceState} from './service-state.js'

import {isJob} from './service-state.js'

/** A job is done when a container of exactly its configuration and image ended with 0. */
export function jobIsDone(state: ServiceState): boolean {
  return state.current.some(
    (container) => container.state === 'exited' && container.exitCode === 0 && container.startedAt !== undefined,
  )
}

interface JobFacts {
  readonly state: ServiceState
  readonly needs: Pick<RolloutNeeds, 'create' | 'start'>
  readonly release: number
  readonly project: string
  /** `x-stackctl.hooks.pre-migrate`. */
  readonly hooks: readonly HookCommand[]
}

/**
 * Adds the job and answers the step that ends it. What an earlier run left is removed once this one has succeeded. One
 * that still runs, because the stackctl that started it was killed, is waited for: never two migrations side by side.
 */
export function planJob(builder: PlanBuilder, facts: JobFacts): string {
  const {state} = facts
  const {service} = state.wanted
  const needs = [...facts.needs.create, ...facts.needs.start]
  const joined = state.current.find((container) => isUnderWay(container))
  const others = [...state.current, ...state.stale].filter((container) => container !== joined)
  const container = joined?.name ?? `${facts.project}-${service.name}-r${facts.release}-1`
  return builder.add({
    id: `${service.name}/run`,
    operation: {
      kind: 'run-job',
      replica: {service: service.name, number: 1, container},
      timeoutMs: service.jobTimeoutMs ?? 0,
      joins: joined?.name,
      awaits: others.filter((other) => isUnderWay(other)).map((other) => other.name),
      replaces: others.map((other) => other.name),
    },
    because: joined === undefined ? state.because.join('; ') || 'asked for' : 'an earlier run started it',
    needs: [...needs, planHooks(builder, facts, needs)],
    service: service.name,
  })
}

function isUnderWay({state}: ObservedContainer): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting'
}

const HOOKS_ID = 'hooks/pre-migrate'

/** Once in a plan: before its first job, when everything that this job needs is there. Later jobs wait for it too. */
function planHooks(builder: PlanBuilder, {hooks}: JobFacts, needs: readonly string[]): string | undefined {
  if (hooks.length === 0) return undefined
  if (builder.steps.some((step) => step.id === HOOKS_ID)) return HOOKS_ID
  return builder.add({
    id: HOOKS_ID,
    operation: {kind: 'run-hooks', hooks: 'pre-migrate'},
    because: 'a job is to run',
    needs,
  })
}

/** True when something of the service has to be done: a job to be run, containers that are missing, stale or not as they should be. */
export function mustChange(state: ServiceState, {jobs}: Pick<ReconcileOptions, 'jobs'>): boolean {
  if (isJob(state)) return jobs === 'only' || (jobs === 'when-changed' && !jobIsDone(state))
  const changes = [state.missing, state.stale, state.stopped, state.unpublished, state.halfMade]
  return changes.some((list) => list.length > 0)
}
