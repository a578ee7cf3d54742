/** Reads everything that a plan is decided on from the engine, in one place, before anything is decided. */
import type {ContainerFacts, ContainerSummary, Engine, NetworkFacts, VolumeFacts} from '../engine/engine.js'
import type {ObservedContainer, ObservedRouter, ObservedStack} from './observed.js'

import {LABELS, OWN_LABELS} from '../labels.js'
import {FINGERPRINT_LABEL} from '../router/container.js'
import {RouterControl} from '../router/control.js'
import {routerName} from '../router/spec.js'
import {EMPTY_TABLE} from '../router/table.js'

export interface ObserveRequest {
  readonly engine: Engine
  readonly project: string
  /** Names of networks and volumes that do not carry the project's label (external ones) but matter to the stack. */
  readonly networks?: readonly string[]
  readonly volumes?: readonly string[]
}

/** One snapshot. Containers that vanish while it is taken are left out. */
export async function observe(request: ObserveRequest): Promise<ObservedStack> {
  const {engine, project} = request
  const label = `${LABELS.project}=${project}`
  const [summaries, router, networks, volumes] = await Promise.all([
    engine.listContainers([label]),
    observeRouter(engine, project),
    observeNetworks(request, label),
    observeVolumes(request, label),
  ])
  const services = summaries.filter(
    (summary) => summary.labels[LABELS.oneoff] !== 'True' && summary.labels[LABELS.service],
  )
  const containers = await Promise.all(services.map((summary) => observeContainer(engine, summary, router)))
  return {
    project,
    containers: containers.filter((container) => container !== undefined).toSorted(byServiceAndNumber),
    router,
    networks,
    volumes,
  }
}

async function observeContainer(
  engine: Engine,
  summary: ContainerSummary,
  router: ObservedRouter | undefined,
): Promise<ObservedContainer | undefined> {
  const facts = await engine.inspectContainer(summary.id)
  if (facts === undefined) return undefined
  const labels = facts.Config.Labels
  const release = Number(labels[LABELS.release])
  const targets = targetsOf(router, nameOf(facts))
  return {
    id: facts.Id,
    name: nameOf(facts),
    service: labels[LABELS.service] ?? '',
    number: Number(labels[LABELS.number] ?? 1),
    release: Number.isSafeInteger(release) && release > 0 ? release : undefined,
    configHash: labels[LABELS.configHash],
    imageId: facts.Image,
    image: labels[LABELS.image] ?? facts.Config.Image,
    ...stateOf(facts),
    hostPorts: hostPortsOf(facts),
    published: targets.size > 0,
    targets: targets.size > 0 ? targets : undefined,
    serving: router?.serving.has(nameOf(facts)) ?? false,
  }
}

function stateOf(
  facts: ContainerFacts,
): Pick<ObservedContainer, 'state' | 'health' | 'exitCode' | 'restartCount' | 'startedAt' | 'createdAt'> {
  const startedAt = new Date(facts.State.StartedAt)
  return {
    state: facts.State.Status as ObservedContainer['state'],
    health: (facts.State.Health?.Status ?? 'none') as ObservedContainer['health'],
    exitCode: facts.State.ExitCode,
    restartCount: facts.RestartCount,
    // The engine writes year 1 for "never".
    startedAt: startedAt.getTime() > 0 ? startedAt : undefined,
    createdAt: new Date(facts.Created),
  }
}

/** Ports it was made to publish, whether it runs or not: a stopped one takes them again when it starts. */
function hostPortsOf(facts: ContainerFacts): number[] {
  const bindings = Object.values((facts.HostConfig.PortBindings ?? {}) as Record<string, {HostPort?: string}[] | null>)
  return bindings
    .flatMap((list) => list ?? [])
    .map((binding) => Number(binding.HostPort || 0))
    .filter((port) => port > 0)
}

async function observeRouter(engine: Engine, project: string): Promise<ObservedRouter | undefined> {
  const labels = [`${OWN_LABELS.project}=${project}`, `${OWN_LABELS.role}=router`]
  // One that is being replaced has another name until it is removed.
  const summary = (await engine.listContainers(labels)).find(({name}) => name === routerName(project))
  if (summary === undefined) return undefined
  const facts = await engine.inspectContainer(summary.id)
  if (facts === undefined) return undefined
  const running = facts.State.Running
  const silent = {table: EMPTY_TABLE, serving: new Set<string>(), upToDate: true}
  const endpoints = Object.entries(facts.NetworkSettings.Networks ?? {})
  return {
    id: facts.Id,
    running,
    fingerprint: facts.Config.Labels[FINGERPRINT_LABEL] ?? '',
    networks: new Map(
      endpoints.map(([name, endpoint]) => [name, (endpoint as {Aliases?: string[] | null}).Aliases ?? []]),
    ),
    hostPorts: hostPortsOf(facts),
    ...(running ? await new RouterControl(engine, facts.Id).observe() : silent),
  }
}

/** Port of the service → port of the container, for each that the router knows it under. */
function targetsOf(router: ObservedRouter | undefined, container: string): ReadonlyMap<number, number> {
  const backends = router?.table.backends ?? []
  const found = backends.flatMap(({port, servers, target}) =>
    servers.filter((server) => server.container === container).map((server) => [port, server.port ?? target] as const),
  )
  return new Map(found)
}

async function observeNetworks(request: ObserveRequest, label: string): Promise<ReadonlyMap<string, NetworkFacts>> {
  const own = await request.engine.listNetworks([label])
  const named = await Promise.all((request.networks ?? []).map((name) => request.engine.inspectNetwork(name)))
  return new Map([...own, ...named.filter((facts) => facts !== undefined)].map((facts) => [facts.name, facts]))
}

async function observeVolumes(request: ObserveRequest, label: string): Promise<ReadonlyMap<string, VolumeFacts>> {
  const own = await request.engine.listVolumes([label])
  const named = await Promise.all((request.volumes ?? []).map((name) => request.engine.inspectVolume(name)))
  return new Map([...own, ...named.filter((facts) => facts !== undefined)].map((facts) => [facts.name, facts]))
}

function nameOf(facts: ContainerFacts): string {
  return facts.Name.replace(/^\//, '')
}

function byServiceAndNumber(left: ObservedContainer, right: ObservedContainer): number {
  return (
    left.service.localeCompare(right.service) ||
    left.number - right.number ||
    (left.release ?? 0) - (right.release ?? 0)
  )
}
