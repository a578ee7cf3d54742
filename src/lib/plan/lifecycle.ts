/** Plans that change no configuration: stop, start, restart, down. Pure. */
import type {ObservedContainer, ObservedStack} from '../observe/observed.js'
import type {Stack} from '../stack/model.js'
import type {Plan, ServiceChange} from './plan.js'

import {PlanBuilder} from './builder.js'
import {assertSound} from './plan.js'
import {refOf} from './replica-steps.js'
import {dependenciesOf, inDependencyOrder} from './selection.js'

export interface LifecycleFacts {
  readonly stack: Stack
  readonly observed: ObservedStack
  /** Services that are meant; empty = all. */
  readonly services: readonly string[]
}

const DRAIN_TIMEOUT_MS = 30_000

/** Dependents before what they depend on; the router first, so that nothing new comes in. */
export function planStop(facts: LifecycleFacts): Plan {
  const builder = new PlanBuilder({firstDeploy: false})
  const all = facts.services.length === 0
  const running = selected(facts).filter(
    (container) => container.state === 'running' || container.state === 'restarting' || container.state === 'paused',
  )
  const router =
    all && facts.observed.router?.running
      ? [builder.add({id: 'router/stop', operation: {kind: 'stop-router'}, because: 'asked for'})]
      : []
  const stopped = new Map<string, string[]>()
  for (const container of running.toReversed()) {
    const after = [
      ...router,
      ...dependentsOf(facts.stack, container.service).flatMap((name) => stopped.get(name) ?? []),
    ]
    const unpublish = container.published && !all ? [planUnpublish(builder, container, after)] : after
    const id = builder.add({
      id: `${container.service}/${container.name}/stop`,
      operation: {kind: 'stop-replica', replica: refOf(container)},
      because: 'asked for',
      needs: unpublish,
      service: container.service,
    })
    stopped.set(container.service, [...(stopped.get(container.service) ?? []), id])
  }

  return finished(facts, builder, 'stop')
}

/** What is depended on first; each dependency has passed its gate before the next starts. */
export function planStart(facts: LifecycleFacts): Plan {
  const builder = new PlanBuilder({firstDeploy: false})
  const jobs = new Set(
    facts.stack.services.filter((service) => service.job !== undefined).map((service) => service.name),
  )
  const startable = selected(facts).filter((container) => !jobs.has(container.service))
  // A run that was killed while it replaced the router has left it under another name.
  const kind = facts.observed.routerLeftover === 'serves-again' ? 'restore-router' : 'start-router'
  const router =
    facts.observed.router && !facts.observed.router.running
      ? [builder.add({id: 'router/start', operation: {kind}, because: 'it is not running'})]
      : []
  const ready = new Map<string, string[]>()
  for (const container of startable) {
    const service = facts.stack.services.find((candidate) => candidate.name === container.service)
    const needs = [...dependenciesOf(facts.stack, container.service)].flatMap((name) => ready.get(name) ?? [])
    const published = container.published || service?.route === undefined
    if (container.state === 'running' && published) continue
    const ids = planStartOne(builder, container, {needs, router, routed: service?.route !== undefined})
    ready.set(container.service, [...(ready.get(container.service) ?? []), ids])
  }

  return finished(facts, builder, 'start')
}

/** In place, one replica after the other; for services that the router does not serve. */
export function planRestart(facts: LifecycleFacts): Plan {
  const builder = new PlanBuilder({firstDeploy: false})
  let last: string[] = []
  for (const container of selected(facts)) {
    const replica = refOf(container)
    const restart = builder.add({
      id: `${container.service}/${container.name}/restart`,
      operation: {kind: 'restart-replica', replica},
      because: 'asked for',
      needs: last,
      service: container.service,
    })
    last = [
      builder.add({
        id: `${container.service}/${container.name}/gate`,
        operation: {kind: 'gate', replica},
        because: 'asked for',
        needs: [restart],
        service: container.service,
      }),
    ]
  }

  return finished(facts, builder, 'restart')
}

/** Everything of the stack goes; volumes only when asked. External networks and volumes are somebody else's. */
export function planDown(facts: LifecycleFacts & {volumes: boolean}): Plan {
  const stop = planStop({...facts, services: []})
  const builder = new PlanBuilder({firstDeploy: false})
  for (const {because, id, needs, operation, service} of stop.steps) {
    builder.add({id, operation, because, needs, ...(service !== undefined && {service})})
  }

  const settled = builder.finish()
  const removed = [...settled, ...planContainersGone(builder, facts, settled)]
  planResourcesGone(builder, facts, removed)
  if (builder.steps.length > 0) {
    builder.add({
      id: 'state/remove',
      operation: {kind: 'remove-state', volume: facts.volumes},
      because: 'asked for',
      needs: removed,
    })
  }

  return finished({...facts, services: []}, builder, 'remove')
}

/** Without --volumes the nameless volumes stay as well: they hold data like any other. */
function planContainersGone(
  builder: PlanBuilder,
  {observed, volumes}: LifecycleFacts & {volumes: boolean},
  needs: readonly string[],
): string[] {
  const removed = observed.containers.map((container) =>
    builder.add({
      id: `${container.service}/${container.name}/remove`,
      operation: {kind: 'remove-replica', replica: refOf(container), keepVolumes: !volumes},
      because: 'asked for',
      needs,
      service: container.service,
    }),
  )
  if (observed.router === undefined) return removed
  return [
    ...removed,
    builder.add({id: 'router/remove', operation: {kind: 'remove-router'}, because: 'asked for', needs}),
  ]
}

function planResourcesGone(
  builder: PlanBuilder,
  facts: LifecycleFacts & {volumes: boolean},
  needs: readonly string[],
): void {
  const {observed, stack} = facts
  const external = new Set(
    [...stack.networks, ...stack.volumes].filter((resource) => resource.external).map((resource) => resource.name),
  )
  const own = (names: Iterable<string>): string[] => [...names].filter((name) => !external.has(name))
  for (const network of own(observed.networks.keys())) {
    const operation = {kind: 'remove-network', network} as const
    builder.add({id: `network/${network}/remove`, operation, because: 'asked for', needs})
  }

  for (const volume of facts.volumes ? own(observed.volumes.keys()) : []) {
    const operation = {kind: 'remove-volume', volume} as const
    builder.add({id: `volume/${volume}/remove`, operation, because: '--volumes', needs})
  }
}

/** The containers that are meant, in the order in which they start. */
function selected({observed, services, stack}: LifecycleFacts): ObservedContainer[] {
  const order = inDependencyOrder(stack).map((service) => service.name)
  const position = (container: ObservedContainer): number => {
    const index = order.indexOf(container.service)
    return index === -1 ? order.length : index
  }

  return observed.containers
    .filter((container) => services.length === 0 || services.includes(container.service))
    .toSorted((left, right) => position(left) - position(right) || left.number - right.number)
}

function dependentsOf(stack: Stack, name: string): string[] {
  return stack.services
    .filter((service) => dependenciesOf(stack, service.name).has(name))
    .map((service) => service.name)
}

function planUnpublish(builder: PlanBuilder, container: ObservedContainer, needs: readonly string[]): string {
  return builder.add({
    id: `${container.service}/${container.name}/unpublish`,
    operation: {kind: 'unpublish', replica: refOf(container), drainTimeoutMs: DRAIN_TIMEOUT_MS, allowEmpty: true},
    because: 'asked for',
    needs,
    service: container.service,
  })
}

function planStartOne(
  builder: PlanBuilder,
  container: ObservedContainer,
  facts: {needs: readonly string[]; router: readonly string[]; routed: boolean},
): string {
  const replica = refOf(container)
  const id = `${container.service}/${container.name}`
  const common = {because: 'it is not serving', service: container.service}
  const start = builder.add({
    ...common,
    id: `${id}/start`,
    operation: {kind: 'start-replica', replica},
    needs: facts.needs,
  })
  const gate = builder.add({...common, id: `${id}/gate`, operation: {kind: 'gate', replica}, needs: [start]})
  if (!facts.routed) return gate
  return builder.add({
    ...common,
    id: `${id}/publish`,
    operation: {kind: 'publish', replica},
    needs: [gate, ...facts.router],
  })
}

function finished(facts: LifecycleFacts, builder: PlanBuilder, action: ServiceChange['action']): Plan {
  const touched = new Set(builder.steps.map((step) => step.service))
  const services = [...new Set(selected(facts).map((container) => container.service))]
  const plan: Plan = {
    project: facts.stack.project,
    release: Math.max(0, ...facts.observed.containers.map((container) => container.release ?? 0)),
    changes: services.map((service) => {
      const count = facts.observed.containers.filter((container) => container.service === service).length
      const changing = touched.has(service)
      return {
        service,
        action: changing ? action : 'unchanged',
        because: [],
        how: `${count} replica${count === 1 ? '' : 's'}`,
        downtime: changing && action !== 'start',
        replicas: {from: count, to: count},
      }
    }),
    steps: builder.steps,
    policies: builder.policies,
    warnings: [],
  }
  assertSound(plan)
  return plan
}
