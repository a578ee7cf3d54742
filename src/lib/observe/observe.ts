/** Reads everything that a plan is decided on from the engine, in one place, before anything is decided. */
import type {ContainerFacts, ContainerSummary, Engine, NetworkFacts, VolumeFacts} from '../engine/engine.js'
import type {ObservedContainer, ObservedRouter, ObservedStack} from './observed.js'

import {LABELS} from '../labels.js'
import {hostPortsOf, observeRouter} from './observe-router.js'

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
  const [summaries, {leftover: routerLeftover, router}, networks, volumes] = await Promise.all([
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
    routerLeftover,
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
    published: targets.size > 0 || (router?.leaving?.has(nameOf(facts)) ?? false),
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
