/** Steps that a release stands on: images, networks, volumes, files, and the router. Pure. */
import type {ObservedContainer, ObservedStack} from '../observe/observed.js'
import type {PlanBuilder} from './builder.js'
import type {Desired, DesiredRouter} from './desired.js'

import {structureOf, withBackends} from '../router/table.js'

/** Ids of the steps that a replica of a service has to wait for before it is created. */
export interface Foundations {
  readonly image: ReadonlyMap<string, string>
  /** Networks, volumes and files. */
  readonly common: readonly string[]
  /** The router is up and knows its backends. */
  readonly router: readonly string[]
}

/** Adds the steps. `services` are those that get new containers. */
export function planFoundations(
  builder: PlanBuilder,
  facts: {desired: Desired; observed: ObservedStack; services: readonly string[]},
): Foundations {
  const {desired, observed, services} = facts
  const image = planImages(builder, desired, services)
  // A broken image must not leave a half-made stack behind: nothing else starts before every image is there.
  const images = [...image.values()]
  const networks = planNetworks(builder, facts, images)
  const volumes = planVolumes(builder, facts, images)
  const files =
    desired.hasFiles && services.length > 0
      ? [
          builder.add({
            id: 'files',
            operation: {kind: 'store-files'},
            because: 'configs and secrets of this release',
            needs: images,
          }),
        ]
      : []
  const router = planRouter(builder, {desired, observed, needs: [...images, ...networks]})
  return {image, common: [...images, ...networks, ...volumes, ...files], router}
}

function planImages(builder: PlanBuilder, desired: Desired, services: readonly string[]): Map<string, string> {
  const steps = new Map<string, string>()
  const byReference = new Map<string, string>()
  for (const name of withNeeded(desired, services)) {
    const image = desired.services.get(name)?.image
    if (image === undefined || image.state === 'present') continue
    const id =
      byReference.get(image.reference) ??
      builder.add({
        id: `image/${name}`,
        operation: {
          kind: image.state === 'build' ? 'build-image' : 'pull-image',
          service: name,
          reference: image.reference,
        },
        because: image.because,
        needs: image.needs.map((need) => steps.get(need)),
        service: name,
      })
    byReference.set(image.reference, id)
    steps.set(name, id)
  }

  return steps
}

/** The services whose images are needed, those that others start from first. */
function withNeeded(desired: Desired, services: readonly string[]): Set<string> {
  const ordered = new Set<string>()
  const visit = (name: string): void => {
    for (const need of desired.services.get(name)?.image.needs ?? []) visit(need)
    ordered.add(name)
  }

  for (const name of services) visit(name)
  return ordered
}

function planNetworks(
  builder: PlanBuilder,
  facts: {desired: Desired; observed: ObservedStack},
  needs: readonly string[],
): string[] {
  return facts.desired.stack.networks
    .filter((network) => !network.external && !facts.observed.networks.has(network.name))
    .map((network) =>
      builder.add({
        id: `network/${network.key}`,
        operation: {kind: 'create-network', network: network.name, key: network.key},
        because: 'it does not exist',
        needs,
        undo: [{kind: 'remove-network', network: network.name}],
      }),
    )
}

/** A volume is never removed by an undo: it may hold the first data that somebody wrote. */
function planVolumes(
  builder: PlanBuilder,
  facts: {desired: Desired; observed: ObservedStack},
  needs: readonly string[],
): string[] {
  return facts.desired.stack.volumes
    .filter((volume) => !volume.external && !facts.observed.volumes.has(volume.name))
    .map((volume) =>
      builder.add({
        id: `volume/${volume.key}`,
        operation: {kind: 'create-volume', volume: volume.name, key: volume.key},
        because: 'it does not exist',
        needs,
      }),
    )
}

function planRouter(
  builder: PlanBuilder,
  facts: {desired: Desired; observed: ObservedStack; needs: readonly string[]},
): string[] {
  const {router} = facts.desired
  if (router === undefined) return []
  const made = planRouterContainer(builder, {...facts, router})
  const joined = made.fresh
    ? []
    : planRouterNetworks(builder, {...facts, router, needs: [...facts.needs, ...made.steps]})
  const ready = [...made.steps, ...joined]
  return planRouterBackends(builder, {...facts, router, ready})
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
  const present = observed.router
  if (present?.fingerprint === router.spec.fingerprint) {
    if (present.running) return {steps: [], fresh: false}
    return {
      steps: [
        builder.add({
          id: 'router/start',
          operation: {kind: 'start-router'},
          because: 'it is not running',
          needs: facts.needs,
        }),
      ],
      fresh: false,
    }
  }

  const image = router.imagePresent
    ? []
    : [
        builder.add({
          id: 'router/image',
          operation: {kind: 'build-router'},
          because: 'the router image is not at the engine',
        }),
      ]
  const released = stopHolders(builder, facts)
  const needs = [...facts.needs, ...image, ...released]
  const id = present
    ? builder.add({
        id: 'router/replace',
        operation: {kind: 'replace-router'},
        because: 'its published ports or its image changed',
        needs,
      })
    : builder.add({
        id: 'router/create',
        operation: {kind: 'create-router'},
        because: 'services are routed',
        needs,
        undo: [{kind: 'remove-router'}],
      })
  return {steps: [id], fresh: true}
}

/** Containers that publish a host port which the router takes over have to let go of it first. */
function stopHolders(builder: PlanBuilder, facts: RouterFacts): string[] {
  return portHolders(facts.desired, facts.observed).map((container) => {
    const replica = {service: container.service, number: container.number, container: container.name}
    return builder.add({
      id: `${container.service}/${container.name}/hand-over`,
      operation: {kind: 'stop-replica', replica},
      because: 'the router takes over its published port',
      needs: facts.needs,
      undo: [{kind: 'start-replica', replica}],
      service: container.service,
    })
  })
}

/** Running containers of the stack that hold a host port which its router is to publish. */
export function portHolders(desired: Desired, observed: ObservedStack): readonly ObservedContainer[] {
  const spec = desired.router?.spec
  if (spec === undefined || observed.router?.fingerprint === spec.fingerprint) return []
  const ports = new Set(spec.bindings.map((binding) => binding.hostPort))
  return observed.containers.filter(
    (container) => container.state === 'running' && container.hostPorts.some((port) => ports.has(port)),
  )
}

function planRouterNetworks(builder: PlanBuilder, facts: RouterFacts): string[] {
  const attached = facts.observed.router?.networks ?? new Map<string, readonly string[]>()
  const steps: string[] = []
  for (const {aliases, key, name} of facts.router.spec.networks) {
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
  const unchanged =
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
      because: 'its services, ports or networks changed',
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
