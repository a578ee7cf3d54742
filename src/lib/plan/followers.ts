/** Services that have to move along when another one is replaced. Pure. */
import type {ObservedContainer} from '../observe/observed.js'
import type {Service} from '../stack/model.js'
import type {PlanBuilder} from './builder.js'
import type {ServiceState} from './service-state.js'

import {refOf} from './replica-steps.js'

/**
 * Services whose container is part of this one's own: with `network_mode: service:x` and its kind it lives in the
 * namespaces of a certain container of `x`, and is cut off when that container ends.
 */
export function hostsOf({compose}: Service): string[] {
  const modes = [compose.network_mode, compose.pid, compose.ipc].filter((mode) => mode?.startsWith('service:'))
  const volumes = (compose.volumes_from ?? []).filter((from) => !from.startsWith('container:'))
  return [
    ...modes.map((mode) => mode?.slice('service:'.length) ?? ''),
    ...volumes.map((from) => from.split(':', 1)[0] ?? ''),
  ]
}

/** Why a service has to be replaced with another one, as far as that one is replaced: `depends_on` with `restart: true`, or a shared namespace. */
export function followedService(service: Service, replaced: ReadonlySet<string>): string | undefined {
  const asked = service.dependsOn.filter((dependency) => dependency.restart).map((dependency) => dependency.service)
  return [...asked, ...hostsOf(service)].find((name) => replaced.has(name))
}

/** True when containers of the service end or begin, other than by changing how many there are. */
export function isReplaced({current, missing, stale, stopped}: ServiceState): boolean {
  return (missing.length > 0 && (stale.length > 0 || current.length === 0)) || stopped.length > 0
}

/**
 * Containers that live in the namespaces of one that is about to stop are stopped before it, so that taking it back
 * starts that one first and them afterwards, into namespaces that are alive. Answers the steps that it has to wait for.
 */
export function planMakeWay(
  builder: PlanBuilder,
  facts: {host: ServiceState; guests: readonly ServiceState[]; needs: readonly string[]},
): string[] {
  const {name, rollout} = facts.host.wanted.service
  if (rollout.order !== 'stop-first' || !facts.host.stale.some((container) => container.state === 'running')) return []
  const running = facts.guests.flatMap((guest) => guest.stale).filter((container) => container.state === 'running')
  return running.map((container) =>
    builder.add({
      id: makeWayId(container),
      operation: {kind: 'stop-replica', replica: refOf(container)},
      because: `it lives in the container of ${name}`,
      needs: facts.needs,
      undo: [{kind: 'start-replica', replica: refOf(container)}],
      service: container.service,
    }),
  )
}

/** True when the plan stops the old replicas of a service before the one that they live in. */
export function hasMadeWay(builder: PlanBuilder, {stale}: ServiceState): boolean {
  return stale.some((container) => builder.has(makeWayId(container)))
}

function makeWayId(container: ObservedContainer): string {
  return `${container.service}/old-${container.name}/make-way`
}

/** The service once its old replicas have made way: the rest of its rollout must not start them again. */
export function afterMakingWay(state: ServiceState): ServiceState {
  return {...state, stale: state.stale.map((container) => ({...container, state: 'exited'}))}
}
