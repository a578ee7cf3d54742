/** Steps that end containers for good, past the point of no return. Pure. */
import type {ObservedContainer} from '../observe/observed.js'
import type {PlanBuilder} from './builder.js'
import type {Desired} from './desired.js'

import {refOf, replacedName} from './replica-steps.js'

const DRAIN_TIMEOUT_MS = 30_000

/** Stops and removes a container; answers the last step. */
export function planRemoval(
  builder: PlanBuilder,
  container: ObservedContainer,
  {because, needs}: {because: string; needs: readonly string[]},
): string {
  const replica = refOf(container)
  const id = `${container.service}/old-${container.name}`
  const common = {because, service: container.service}
  const stop = builder.add({...common, id: `${id}/end`, operation: {kind: 'stop-replica', replica}, needs})
  return builder.add({...common, id: `${id}/remove`, operation: {kind: 'remove-replica', replica}, needs: [stop]})
}

/** Takes a replica of a service that has left the file out of the router, and removes it. */
export function planOrphanRemoval(
  builder: PlanBuilder,
  container: ObservedContainer,
  needs: readonly string[],
): string {
  const because = 'its service is not in the compose file any more'
  if (!container.published) return planRemoval(builder, container, {because, needs})
  const unpublish = builder.add({
    id: `${container.service}/old-${container.name}/unpublish`,
    operation: {
      kind: 'unpublish',
      replica: refOf(container),
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
      allowEmpty: true,
    },
    because,
    needs,
    service: container.service,
  })
  return planRemoval(builder, container, {because, needs: [unpublish]})
}

/** The container by the name that it has at the end of the plan: one with a fixed name may have made room for the next. */
export function asRenamed(builder: PlanBuilder, desired: Desired, container: ObservedContainer): ObservedContainer {
  return builder.has(`${container.service}/old-${container.name}/rename`)
    ? {...container, name: replacedName(desired, container)}
    : container
}
