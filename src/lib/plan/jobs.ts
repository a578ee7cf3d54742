/** Pre-deploy jobs: run to completion, once per image and command, before anything is swapped. Pure. */
import type {PlanBuilder} from './builder.js'
import type {RolloutNeeds} from './replica-steps.js'
import type {ServiceState} from './service-state.js'

/** A job is done when a container of exactly its configuration and image ended with 0. */
export function jobIsDone(state: ServiceState): boolean {
  return state.current.some(
    (container) => container.state === 'exited' && container.exitCode === 0 && container.startedAt !== undefined,
  )
}

/** Adds the job and answers the step that ends it. What an earlier run left is removed once this one has succeeded. */
export function planJob(
  builder: PlanBuilder,
  facts: {state: ServiceState; needs: Pick<RolloutNeeds, 'create' | 'start'>; release: number; project: string},
): string {
  const {state} = facts
  const {service} = state.wanted
  const replica = {service: service.name, number: 1, container: `${facts.project}-${service.name}-r${facts.release}-1`}
  return builder.add({
    id: `${service.name}/run`,
    operation: {
      kind: 'run-job',
      replica,
      replaces: [...state.current, ...state.stale].map((container) => container.name),
    },
    because: state.because.join('; ') || 'asked for',
    needs: [...facts.needs.create, ...facts.needs.start],
    service: service.name,
  })
}
