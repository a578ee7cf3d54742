/** Containers of services: made as the compose file says, under names of their own. */
import type {ContainerBody, ContainerFacts} from '../engine/engine.js'
import type {Operation, ReplicaRef} from '../plan/plan.js'
import type {Site} from './site.js'

import {EngineError} from '../errors.js'
import {LABELS} from '../labels.js'
import {containerBody, type ContainerTranslation} from '../stack/container.js'
import {composeLabels} from '../stack/labels.js'
import {fileSource} from './perform-files.js'

type CreateReplica = Extract<Operation, {kind: 'create-replica'}>

/** Creates the container and joins its networks; it does not run yet. A container that could not be completed is removed. */
export async function createReplica(
  site: Site,
  operation: Pick<CreateReplica, 'replica' | 'inheritsFrom'>,
): Promise<void> {
  const {inheritsFrom, replica} = operation
  const {body, connect} = await translate(site, replica)
  const inherited = inheritsFrom === undefined ? [] : await anonymousVolumes(site, inheritsFrom)
  const platform = site.desiredOf(replica.service).service.compose.platform
  const id = await site.engine.createContainer(replica.container, withVolumes(body, inherited), platform)
  try {
    for (const {endpoint, network} of connect) await site.engine.connectNetwork(network, id, endpoint)
  } catch (error) {
    await site.engine.removeContainer(id, {force: true})
    throw error
  }
}

/** Starts it. A container that is already running is left alone. */
export async function startReplica(site: Site, replica: ReplicaRef): Promise<void> {
  await site.engine.startContainer(replica.container)
}

/** Stops it with its own signal and grace period; one that is gone counts as stopped. */
export async function stopReplica(site: Site, replica: ReplicaRef): Promise<void> {
  const facts = await site.engine.inspectContainer(replica.container)
  if (facts === undefined) return
  await site.engine.stopContainer(facts.Id)
  await noteKilled(site, replica)
}

/** Removes it. Its nameless volumes go as well, also inherited ones, unless they are to be kept or somebody else uses them. */
export async function removeReplica(
  site: Site,
  {keepVolumes = false, replica}: Extract<Operation, {kind: 'remove-replica'}>,
): Promise<void> {
  const inherited = keepVolumes ? [] : await anonymousVolumes(site, replica.container)
  await site.engine.removeContainer(replica.container, {force: true, keepVolumes})
  for (const {name} of inherited) await removeUnlessUsed(site, name)
}

async function removeUnlessUsed(site: Site, volume: string): Promise<void> {
  try {
    await site.engine.removeVolume(volume)
  } catch (error) {
    if (!(error instanceof EngineError) || error.statusCode !== 409) throw error
  }
}

/** Renames it, unless that has been done. */
export async function renameReplica(
  site: Site,
  operation: Extract<Operation, {kind: 'rename-replica'}>,
): Promise<void> {
  if ((await site.engine.inspectContainer(operation.replica.container)) === undefined) return
  await site.engine.renameContainer(operation.replica.container, operation.to)
}

async function translate(site: Site, replica: ReplicaRef): Promise<ContainerTranslation> {
  const {service} = site.desiredOf(replica.service)
  const [imageId, containers] = await Promise.all([site.imageId(replica.service), containerIds(site)])
  return containerBody(service, {
    stack: site.stack,
    imageId: await imageName(site, replica.service, imageId),
    labels: await labelsFor(site, replica, imageId),
    name: replica.container,
    publishPorts: service.route === undefined,
    serviceAlias: service.route === undefined,
    files: fileSource(site),
    containers: (name) => containers.get(name) ?? name,
    apiVersion: site.facts.info.apiVersion,
    restartPolicy: 'none',
  })
}

/** The readable name as long as it means the very image, for whoever looks with `docker ps`; else the id. */
async function imageName(site: Site, service: string, imageId: string): Promise<string> {
  const {reference} = site.desiredOf(service).image
  const named = await site.engine.inspectImage(reference)
  return named?.id === imageId ? reference : imageId
}

async function labelsFor(site: Site, replica: ReplicaRef, imageId: string): Promise<Record<string, string>> {
  const desired = site.desiredOf(replica.service)
  const composeHashes = await site.facts.composeHashes()
  return {
    ...composeLabels(site.stack, desired.service, {
      number: replica.number,
      oneoff: false,
      configHash: composeHashes.get(replica.service) ?? '',
      imageId,
    }),
    [LABELS.release]: String(site.facts.desired.release),
    [LABELS.configHash]: await site.configHashOf(replica.service),
    [LABELS.image]: desired.image.reference,
  }
}

/** A running container of each service, for `network_mode: service:x` and its kind. */
async function containerIds(site: Site): Promise<ReadonlyMap<string, string>> {
  const needsThem = site.stack.services.some((service) =>
    SHARING_KEYS.some((key) => service.compose[key] !== undefined),
  )
  if (!needsThem) return new Map()
  const containers = await site.engine.listContainers([`${LABELS.project}=${site.stack.project}`])
  return new Map(
    containers
      .filter((container) => container.state === 'running')
      .toSorted((left, right) => left.createdAt.getTime() - right.createdAt.getTime())
      .map((container) => [container.labels[LABELS.service] ?? '', container.id]),
  )
}

const SHARING_KEYS = ['network_mode', 'pid', 'ipc', 'volumes_from'] as const

/** Volumes without a name hold data too: as with docker compose, the container that takes over gets them. */
async function anonymousVolumes(site: Site, container: string): Promise<{name: string; target: string}[]> {
  const facts = await site.engine.inspectContainer(container)
  return (facts?.Mounts ?? [])
    .filter((mount) => isAnonymous(mount))
    .map((mount) => ({name: mount.Name ?? '', target: mount.Destination}))
}

function isAnonymous(mount: ContainerFacts['Mounts'][number]): boolean {
  return mount.Type === 'volume' && /^[0-9a-f]{64}$/.test(mount.Name ?? '')
}

function withVolumes(body: ContainerBody, volumes: readonly {name: string; target: string}[]): ContainerBody {
  if (volumes.length === 0) return body
  const targets = new Set(volumes.map((volume) => volume.target))
  const mounts = (body.HostConfig?.Mounts ?? []).filter((mount) => !targets.has(mount.Target))
  const taken = new Set((body.HostConfig?.Mounts ?? []).filter((mount) => mount.Source).map((mount) => mount.Target))
  const inherited = volumes.filter((volume) => !taken.has(volume.target))
  if (inherited.length === 0) return body
  return {
    ...body,
    HostConfig: {
      ...body.HostConfig,
      Mounts: [
        ...mounts,
        ...inherited.map((volume) => ({Type: 'volume' as const, Source: volume.name, Target: volume.target})),
      ],
    },
  }
}

/** Exit 137 after a stop: the process did not end by itself within its grace period. Worth knowing before it costs data. */
async function noteKilled(site: Site, replica: ReplicaRef): Promise<void> {
  const facts = await site.engine.inspectContainer(replica.container)
  if (facts?.State.ExitCode !== 137 || facts.State.OOMKilled) return
  const message = `${replica.container} did not stop by itself and was killed: does its process handle the stop signal?`
  site.facts.emit({type: 'warning', code: 'W_KILLED', message})
}
