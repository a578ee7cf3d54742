/**
 * Names of services that containers answer to by themselves until the router does: it gets them once it serves replicas, so
 * that nobody who asks by name meets a router that has nothing to offer. Pure.
 */
import type {ObservedContainer, ObservedStack} from '../observe/observed.js'
import type {PlanBuilder} from './builder.js'
import type {Desired} from './desired.js'

import {routerNetworks} from '../router/spec.js'

/** Running containers of routed services that the router serves no replica of yet; they serve until the end of the deploy. */
export function selfNamed({services}: Desired, observed: ObservedStack): readonly ObservedContainer[] {
  const served = new Set(observed.containers.filter(({published}) => published).map(({service}) => service))
  return observed.containers.filter(({service: name, state}) => {
    const service = services.get(name)?.service
    const isRouted = service?.route !== undefined && service.rollout.order === 'start-first'
    return isRouted && state === 'running' && !served.has(name)
  })
}

/** The services whose names the router does not have at first. */
export function unnamedServices(desired: Desired, observed: ObservedStack): ReadonlySet<string> {
  return new Set(selfNamed(desired, observed).map(({service}) => service))
}

/**
 * Adds the steps after which the router answers to the names of services that it serves by now (`moved`). Taken back before
 * its replicas are: whoever asks by name finds the old containers only.
 */
export function planRouterNames(
  builder: PlanBuilder,
  {desired, moved, observed}: {desired: Desired; observed: ObservedStack; moved: ReadonlySet<string>},
): void {
  const unnamed = unnamedServices(desired, observed)
  if (desired.router === undefined || unnamed.size === 0) return
  const before = routerNetworks(desired.stack, unnamed)
  const needs = builder.sinks()
  for (const {aliases, key, name: network} of routerNetworks(desired.stack, unnamed.difference(moved))) {
    const had = before.find((other) => other.key === key)?.aliases ?? []
    if (had.length === aliases.length) continue
    builder.add({
      id: `router/names/${key}`,
      operation: {kind: 'rename-router-on', network, aliases},
      because: 'it serves them from now on, beside the containers that are replaced',
      needs,
      undo: [{kind: 'rename-router-on', network, aliases: had}],
    })
  }
}
