/** Which steps have to be undone, what that brings back, and who is concerned. Pure. */
import type {Plan, ReplicaRef, Step} from './plan.js'

/** `own-failure`: what a service has reached stays when it got to its end, and goes when it is half-made. */
export function isUndone(plan: Plan, step: Step, done: ReadonlySet<string>): boolean {
  if (step.undo.length === 0) return false
  if (step.undoWhen !== 'own-failure') return step.undoWhen === 'any-failure'
  if (step.service === undefined) return false
  const own = plan.steps.filter((other) => other.service === step.service && other.undoWhen !== 'never')
  return own.some((other) => !done.has(other.id))
}

/** The lane of an old replica that undoing the step brings back: `web/shop-web-r1-1`. */
export function restoredLane({lane, operation, service, undo}: Step): string | undefined {
  if (lane !== undefined || service === undefined || undo.length === 0) return undefined
  return operation.kind === 'unpublish' || operation.kind === 'stop-replica'
    ? `${service}/${operation.replica.container}`
    : undefined
}

/** By step: the services of the steps that wait for it, directly or not. Past the point of no return all wait for all. */
export function dependentServices(plan: Plan): ReadonlyMap<string, ReadonlySet<string>> {
  const dependents = new Map<string, Set<string>>(plan.steps.map((step) => [step.id, new Set()]))
  // A planner adds a step after those that it needs, so going backwards meets every dependent first.
  for (const step of plan.steps.filter(({undoWhen}) => undoWhen !== 'never').toReversed()) {
    const own = dependents.get(step.id) ?? new Set()
    for (const need of step.needs) {
      const found = dependents.get(need)
      if (step.service !== undefined) found?.add(step.service)
      for (const service of own) found?.add(service)
    }
  }

  return dependents
}

/** The replica by the name that it has once everything is undone: a container of a fixed name gets that one back. */
export function originalName(undone: readonly Step[], replica: ReplicaRef): ReplicaRef {
  for (const {operation} of undone) {
    if (operation.kind === 'rename-replica' && operation.to === replica.container) return operation.replica
  }

  return replica
}
