/** Steps that bring the router of a stack to what is wanted: its container, its names on networks, its backends. Pure. */
import type {ObservedContainer, ObservedRouter, ObservedStack} from '../observe/observed.js'
import type {Service} from '../stack/model.js'
import type {PlanBuilder} from './builder.js'
import type {Desired, DesiredRouter} from './desired.js'

import {routerNetworks} from '../router/spec.js'
import {structureOf, withBackends} from '../router/table.js'
import {unnamedServices} from './router-names.js'
import {takesPorts} from './take-ports.js'

export interface RouterStepsFacts {
  readonly desired: Desired
  readonly observed: ObservedStack
  /** Services that get new containers. */
  readonly services: readonly string[]
  readonly needs: readonly string[]
}

/** Adds the steps; answers those after which replicas can be published. */
export function planRouter(builder: PlanBuilder, facts: RouterStepsFacts): string[] {
  const {router} = facts.desired
  if (router === undefined) return planRelease(builder, facts)
  planLeftover(builder, facts)
  const made = planRouterContainer(builder, {...facts, router})
  const joined = made.fresh
    ? []
    : planRouterNetworks(builder, {...facts, router, needs: [...facts.needs, ...made.steps]})
  const ready = [...made.steps, ...joined]
  return planRouterBackends(builder, {...facts, router, ready})
}

/** The image of the router, where a router has to be made: there before anything is touched, like every other image. */
export function planRouterImage(
  builder: PlanBuilder,
  {desired: {router}, observed}: Pick<RouterStepsFacts, 'desired' | 'observed'>,
): string[] {
  if (router === undefined || router.imagePresent || observed.router?.fingerprint === router.spec.fingerprint) return []
  return [
    builder.add({
      id: 'router/image',
      operation: {kind: 'build-router'},
      because: 'the router image is not at the engine',
    }),
  ]
}

/** What an earlier run left behind that was killed while it replaced the router. */
function planLeftover(builder: PlanBuilder, {observed}: RouterStepsFacts): void {
  if (observed.routerLeftover !== 'obsolete') return
  const because = 'an earlier run ended before it removed it'
  builder.add({id: 'router/leftover', operation: {kind: 'remove-old-router'}, because})
}

/** Where nothing is routed any more, the router lets go of the ports that services publish themselves from now on. */
function planRelease(builder: PlanBuilder, facts: RouterStepsFacts): string[] {
  if (!routerLetsGo(facts)) return []
  return [
    builder.add({
      id: 'router/stop',
      operation: {kind: 'stop-router'},
      because: 'a service publishes its port itself from now on',
      needs: facts.needs,
      undo: [{kind: 'start-router'}],
    }),
  ]
}

/** True when the router ends before the replicas that it serves, all of which are replaced. It lets their requests end. */
export function routerLetsGo({desired, observed, services}: Omit<RouterStepsFacts, 'needs'>): boolean {
  if (desired.router !== undefined || !observed.router?.running) return false
  const isReplaced = ({published, service}: ObservedContainer): boolean => !published || services.includes(service)
  const takesPort = desired.stack.services.some(
    (service) => services.includes(service.name) && takesPortOfRouter(service, observed),
  )
  return takesPort && observed.containers.every((container) => isReplaced(container))
}

/** True when the service, which is not routed, publishes a host port that the router holds now. */
export function takesPortOfRouter({compose, route}: Service, observed: ObservedStack): boolean {
  const held = new Set(observed.router?.hostPorts)
  return route === undefined && (compose.ports ?? []).some((port) => held.has(Number(port.published)))
}

interface RouterFacts {
  readonly desired: Desired
  readonly observed: ObservedStack
  readonly router: DesiredRouter
  readonly needs: readonly string[]
}

/** Makes or starts the router's container. `fresh`: made in this plan, so it joins its networks at birth. */
function planRouterContainer(builder: PlanBuilder, facts: RouterFacts): {steps: string[]; fresh: boolean} {
  const {observed, router} = facts
  const present = observed.router?.neverRan ? undefined : observed.router
  const back = present && planBack(builder, {...facts, present})
  if (present?.fingerprint === router.spec.fingerprint) return {steps: back ?? [], fresh: false}
  const withoutPorts = takesPorts(facts.desired, facts.observed)
  // It serves on without its new ports until the last service has moved (take-ports.ts).
  if (present && withoutPorts) return {steps: back ?? [], fresh: false}
  const needs = [...facts.needs, ...(back ?? [])]
  const unnamed = [...unnamedServices(facts.desired, observed)]
  const id = present
    ? builder.add({
        id: 'router/replace',
        operation: {kind: 'replace-router'},
        because: 'its published ports or its image changed; host ports are away for about a second',
        needs,
        undo: [{kind: 'restore-router'}],
      })
    : builder.add({
        id: 'router/create',
        operation: {kind: 'create-router', ...(withoutPorts && {withoutPorts}), ...(unnamed.length > 0 && {unnamed})},
        because: withoutPorts
          ? 'services are routed; its host ports are held until they have moved'
          : 'services are routed',
        needs,
        undo: [{kind: 'remove-router'}],
      })
  return {steps: [id], fresh: true}
}

/** The router that was there runs again: put back where a run was killed while it replaced it, else started. */
function planBack(builder: PlanBuilder, facts: RouterFacts & {present: ObservedRouter}): string[] {
  const {needs, observed, present, router} = facts
  if (observed.routerLeftover === 'serves-again') {
    const because = 'an earlier run ended while it replaced it'
    return [builder.add({id: 'router/restore', operation: {kind: 'restore-router'}, because, needs})]
  }

  // One that is replaced at once need not run for that.
  const isReplaced = present.fingerprint !== router.spec.fingerprint && !takesPorts(facts.desired, observed)
  if (present.running || isReplaced) return []
  return [builder.add({id: 'router/start', operation: {kind: 'start-router'}, because: 'it is not running', needs})]
}

function planRouterNetworks(builder: PlanBuilder, facts: RouterFacts): string[] {
  const attached = facts.observed.router?.networks ?? new Map<string, readonly string[]>()
  const steps: string[] = []
  const networks = routerNetworks(facts.desired.stack, unnamedServices(facts.desired, facts.observed))
  for (const {aliases, key, name} of networks) {
    const present = attached.get(name)
    if (present && aliases.every((alias) => present.includes(alias))) continue
    steps.push(
      builder.add({
        id: `router/network/${key}`,
        operation: {kind: present ? 'rename-router-on' : 'connect-router', network: name, aliases},
        because: present ? 'it answers to more names there' : 'a routed service is on this network',
        needs: facts.needs,
      }),
    )
  }

  return steps
}

/** Backends that still have published replicas but are not wanted any more are kept until the end of the deploy. */
function planRouterBackends(builder: PlanBuilder, facts: RouterFacts & {ready: readonly string[]}): string[] {
  const table = facts.observed.router?.table
  const wanted = facts.router.backends
  const keep = obsoleteBackends(facts.desired, facts.observed)
  const isTaken = facts.observed.router?.upToDate ?? true
  const unchanged =
    isTaken &&
    facts.ready.length === 0 &&
    table !== undefined &&
    wanted !== undefined &&
    structureOf(
      withBackends(table, [...wanted, ...table.backends.filter((backend) => keep.includes(backend.name))]),
    ) === structureOf(table)
  if (unchanged) return []
  return [
    builder.add({
      id: 'router/configure',
      operation: {kind: 'configure-router', keep},
      because: isTaken
        ? 'its services, ports or networks changed'
        : 'it has not taken over its configuration: an earlier run ended in between',
      needs: [...facts.needs, ...facts.ready],
    }),
  ]
}

/** Backends that the router has and the stack does not want. */
export function obsoleteBackends(desired: Desired, observed: ObservedStack): string[] {
  const wanted = new Set(
    desired.stack.services.flatMap(
      (service) => service.route?.ports.map((port) => `${service.name}.${port.port}`) ?? [],
    ),
  )
  return (observed.router?.table.backends ?? []).map((backend) => backend.name).filter((name) => !wanted.has(name))
}

/**
 * Past the point of no return: the router forgets what nobody wants any more; without routed services it goes.
 * Services that left the file and are kept (`kept`) go on being served.
 */
export function planRouterEnd(
  builder: PlanBuilder,
  facts: Omit<RouterStepsFacts, 'services'> & {kept: ReadonlySet<string>},
): void {
  const {desired, kept, needs, observed} = facts
  if (observed.router === undefined) return
  const backends = observed.router.table.backends.filter((backend) => kept.has(backend.service))
  const keep = backends.map((backend) => backend.name)
  const obsolete = obsoleteBackends(desired, observed).filter((name) => !keep.includes(name))
  if (desired.router === undefined) {
    if (keep.length > 0) return
    const because = 'no service is routed any more'
    builder.add({id: 'router/remove', operation: {kind: 'remove-router'}, because, needs})
  } else if (obsolete.length > 0 && builder.steps.length > 0) {
    const operation = {kind: 'configure-router', keep} as const
    builder.add({id: 'router/forget', operation, because: 'services left', needs})
  }
}
