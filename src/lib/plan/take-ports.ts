/**
 * Host ports that pass to the router from containers which publish them by themselves: those of a stack that docker compose
 * started. New replicas are made, gated and published while the old containers serve, and the ports move last. Pure.
 */
import type {ObservedContainer, ObservedStack} from '../observe/observed.js'
import type {PlanBuilder} from './builder.js'
import type {Desired} from './desired.js'
import type {Operation, ReplicaRef} from './plan.js'

import {asRenamed} from './removal.js'
import {refOf} from './replica-steps.js'
import {planRouterNames, selfNamed} from './router-names.js'

/** Running containers of the stack that hold a host port which its router is to publish. */
export function portHolders(desired: Desired, observed: ObservedStack): readonly ObservedContainer[] {
  const ports = new Set(wantedPorts(desired, observed))
  return observed.containers.filter(
    (container) => container.state === 'running' && container.hostPorts.some((port) => ports.has(port)),
  )
}

/** True when the router can have its host ports only at the end: they are held, or one was made that goes without. */
export function takesPorts(desired: Desired, observed: ObservedStack): boolean {
  if (wantedPorts(desired, observed).length === 0) return false
  return isWithoutPorts(observed) || portHolders(desired, observed).length > 0
}

/** Once the router has its ports already, whoever has the same in its description does not hold them. */
function wantedPorts({router}: Desired, observed: ObservedStack): number[] {
  if (router === undefined || observed.router?.fingerprint === router.spec.fingerprint) return []
  return router.spec.bindings.map((binding) => binding.hostPort)
}

function isWithoutPorts({router}: ObservedStack): boolean {
  return router !== undefined && router.neverRan !== true && router.hostPorts.length === 0
}

/** Old containers that run until the end of the deploy, and leave by losing ports or names to the router. */
export function handedOver(desired: Desired, observed: ObservedStack): readonly ObservedContainer[] {
  return [...new Set([...portHolders(desired, observed), ...selfNamed(desired, observed)])]
}

/** Names first, then host ports, after everything else that can be taken back. `moved`: services with new replicas. */
export function planHandOver(
  builder: PlanBuilder,
  {desired, moved, observed}: {desired: Desired; observed: ObservedStack; moved: ReadonlySet<string>},
): void {
  planRouterNames(builder, {desired, moved, observed})
  if (!takesPorts(desired, observed)) return
  const holders = portHolders(desired, observed).map((container) => asRenamed(builder, desired, container))
  const replicas = holders.map((container) => refOf(container))
  const gates = holders
    .filter((container) => isAliveUntilThen(desired, container))
    .map((container): Operation => ({kind: 'gate', replica: refOf(container)}))
  builder.add({
    id: 'router/take-ports',
    operation: {kind: 'take-ports', holders: replicas},
    because: becauseOf(desired, replicas),
    needs: builder.sinks(),
    undo: [{kind: 'give-back-ports', holders: replicas}, ...gates],
  })
}

/** Past the point of no return: holders of services that left the file and are kept (not in `ended`) serve nobody any more. */
export function planHoldersEnd(
  builder: PlanBuilder,
  facts: {desired: Desired; observed: ObservedStack; ended: ReadonlySet<string>; needs: readonly string[]},
): string[] {
  if (!builder.hasKind('take-ports')) return []
  const kept = portHolders(facts.desired, facts.observed).filter(({service}) => !facts.ended.has(service))
  return kept.map((container) =>
    builder.add({
      id: `${container.service}/${container.name}/hand-over`,
      operation: {kind: 'stop-replica', replica: refOf(container)},
      because: 'the router has its host port',
      needs: facts.needs,
      service: container.service,
    }),
  )
}

/** Whoever reads that the old release serves again may rely on it. One that is stopped before has a gate of its own. */
function isAliveUntilThen({services}: Desired, {health, service}: ObservedContainer): boolean {
  return health !== 'unhealthy' && services.get(service)?.service.rollout.order === 'start-first'
}

function becauseOf({router}: Desired, holders: readonly ReplicaRef[]): string {
  const ports = [...new Set(router?.spec.bindings.map(({hostPort}) => hostPort).filter((port) => port > 0))]
  const what = `host port${ports.length === 1 ? '' : 's'} ${ports.join(', ')}`
  const from = [...new Set(holders.map(({service}) => service))].join(', ')
  const cost = `refuse${ports.length === 1 ? 's' : ''} connections for about half a second, longer on a busy host,`
  return `${what} ${cost} while ${ports.length === 1 ? 'it passes' : 'they pass'}${from && ` from ${from}`} to the router`
}
