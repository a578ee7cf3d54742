/** Collects every fact that a plan is decided on: what should be, with its identities, and what is. Changes nothing. */
import type {BuildFact} from '../build/build.js'
import type {Engine, EngineInfo} from '../engine/engine.js'
import type {Emit} from '../events.js'
import type {SiteFacts} from '../execute/site.js'
import type {ObservedStack} from '../observe/observed.js'
import type {Desired, DesiredImage, DesiredRouter, DesiredService} from '../plan/desired.js'
import type {History} from '../plan/history.js'
import type {ServiceContents} from '../release/file-contents.js'
import type {ReleaseRecord} from '../release/record.js'
import type {Service, Stack} from '../stack/model.js'
import type {ResolvedStack} from '../stack/restore.js'

import {createBuilder} from '../build/build.js'
import {observe} from '../observe/observe.js'
import {unfinishedRelease} from '../plan/history.js'
import {digestsFor, readContents} from '../release/file-contents.js'
import {Ledger} from '../release/ledger.js'
import {routerImage} from '../router/image.js'
import {backendsFor, routerSpec} from '../router/spec.js'
import {stackVariables} from '../secrets/values.js'
import {allServices} from '../stack/all-services.js'
import {composeHashes} from '../stack/compose-hashes.js'
import {configHash} from '../stack/hash.js'
import {checkEngineSupports} from '../stack/honoured.js'
import {keepRoutes} from '../stack/keep-routes.js'
import {resolvedOf} from '../stack/restore.js'
import {imageProvider} from './images.js'

/** What every workflow is given. */
export interface Surroundings {
  readonly engine: Engine
  readonly stack: Stack
  /** Environment of the process: registry logins, docker compose, `environment:` sources. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly emit: Emit
  readonly signal: AbortSignal
  /** Takes the secrets that are known out of what leaves the process other than as an event: records, hooks. */
  readonly redact: <T>(data: T) => T
}

export interface DeployFacts {
  readonly info: EngineInfo
  readonly desired: Desired
  readonly observed: ObservedStack
  readonly contents: ServiceContents
  readonly history: History
  /** What the ledger will keep of it. */
  readonly resolved: ResolvedStack
  readonly composeHashes: () => Promise<ReadonlyMap<string, string>>
  readonly provideImage: SiteFacts['provideImage']
}

/** Facts about what the files say. */
export async function gatherFacts(surroundings: Surroundings): Promise<DeployFacts> {
  const {engine, env, signal} = surroundings
  const ledger = new Ledger(engine, surroundings.stack.project)
  const builder = createBuilder(engine, surroundings.stack)
  const [info, observed, contents, builds, history] = await Promise.all([
    engine.info(),
    observeStack(surroundings),
    readContents(surroundings.stack, await stackVariables(surroundings.stack, surroundings.env)),
    builder.plan(),
    ledger.list(),
  ])
  const stack = asServed(surroundings.stack, observed)
  await checkEngineSupports(stack, info.apiVersion)
  const byService = new Map(builds.map((fact) => [fact.service, fact]))
  const services = await Promise.all(
    stack.services.map((service) =>
      desiredService(surroundings, service, {contents, build: byService.get(service.name)}),
    ),
  )
  const unfinished = unfinishedRelease(history)
  const resumed = unfinished && isRelease(unfinished, services) ? unfinished.release : undefined
  const desired: Desired = {
    stack,
    release: resumed ?? nextRelease(observed, history),
    unsettled: resumed,
    services: new Map(services.map((service) => [service.service.name, service])),
    router: await desiredRouter(engine, stack, observed),
    dormant: await dormantServices(surroundings, observed),
    hasFiles: hasFiles(contents),
  }
  let hashes: Promise<ReadonlyMap<string, string>> | undefined
  return {
    info,
    desired,
    observed,
    contents,
    history,
    resolved: resolvedOf(surroundings.stack),
    composeHashes: () => (hashes ??= composeHashes(stack, {env, signal})),
    provideImage: imageProvider(surroundings, {builder, builds: byService}),
  }
}

/** True when the files say exactly what a release that was cut short was to bring. */
function isRelease(record: ReleaseRecord, services: readonly DesiredService[]): boolean {
  if (Object.keys(record.services).length !== services.length) return false
  return services.every(({configHash: hash, service}) => {
    const recorded = record.services[service.name]
    if (recorded?.replicas !== wantedReplicas(service)) return false
    // The hash of an image that had to be pulled was not known when the release began.
    return recorded.configHash === hash || recorded.image.identity.startsWith('pull:')
  })
}

/** A job has none: it runs once. */
export function wantedReplicas(service: Service): number {
  return service.job === undefined ? service.replicas : 0
}

export function hasFiles(contents: ServiceContents): boolean {
  for (const files of contents.values()) if (files.size > 0) return true
  return false
}

/** The stack with the routes that its services have at the engine and keep. */
export function asServed(stack: Stack, observed: ObservedStack): Stack {
  const backends = observed.router?.table.backends ?? []
  return keepRoutes(stack, new Set(backends.map((backend) => backend.service)))
}

/** The stack as it is at the engine. */
export async function observeStack({engine, stack}: Pick<Surroundings, 'engine' | 'stack'>): Promise<ObservedStack> {
  return observe({
    engine,
    project: stack.project,
    networks: stack.networks.map((network) => network.name),
    volumes: stack.volumes.map((volume) => volume.name),
  })
}

/** Services of profiles that are not active. Asked only where something runs that no active service explains. */
export async function dormantServices(
  {env, signal, stack}: Pick<Surroundings, 'env' | 'signal' | 'stack'>,
  observed: ObservedStack,
): Promise<ReadonlySet<string>> {
  const known = new Set(stack.services.map((service) => service.name))
  if (observed.containers.every((container) => known.has(container.service))) return new Set()
  const all = await allServices(stack, {env, signal})
  return new Set(all.filter((name) => !known.has(name)))
}

async function desiredService(
  surroundings: Surroundings,
  service: Service,
  facts: {contents: ServiceContents; build: BuildFact | undefined},
): Promise<DesiredService> {
  const image = await imageOf(surroundings.engine, service, facts.build)
  const fileDigests = digestsFor(surroundings.stack, service, facts.contents)
  return {service, image, fileDigests, configHash: configHash(service, {imageIdentity: image.identity, fileDigests})}
}

/** A built image is what it was built from; a pulled one is its id. */
async function imageOf(engine: Engine, service: Service, build: BuildFact | undefined): Promise<DesiredImage> {
  const reference = build?.reference ?? service.image
  const present = await engine.inspectImage(reference)
  if (build === undefined) {
    const common = {reference, needs: [], traits: present, identity: present?.id ?? `pull:${reference}`}
    if (present) return {...common, state: 'present', because: ''}
    return {...common, state: 'pull', because: 'its image is not at the engine'}
  }

  // An image that carries the hash under another name only has to be tagged; that is the build's business as well.
  const isBuilt = build.existingImageId !== undefined && present?.id === build.existingImageId
  const because = present === undefined ? 'its image is not built yet' : 'its build context changed'
  const common = {reference, needs: build.needs, traits: present, identity: `build:${build.buildHash}`}
  return isBuilt ? {...common, state: 'present', because: ''} : {...common, state: 'build', because}
}

export async function desiredRouter(
  engine: Engine,
  stack: Stack,
  observed: ObservedStack,
): Promise<DesiredRouter | undefined> {
  const image = await routerImage(stack.settings.routerImage)
  const spec = routerSpec(stack, image)
  if (spec === undefined) return undefined
  const subnets = new Map([...observed.networks.values()].map((network) => [network.name, network.subnets]))
  const isComplete = spec.networks.every((network) => subnets.has(network.name))
  return {
    spec,
    imagePresent: (await engine.inspectImage(image)) !== undefined,
    backends: isComplete ? backendsFor(stack, subnets) : undefined,
  }
}

/** Never used before: neither in the ledger nor by a container of a time without one. */
export function nextRelease(observed: ObservedStack, history: History): number {
  const labelled = observed.containers.map((container) => container.release ?? 0)
  return Math.max(0, history.at(-1)?.release ?? 0, ...labelled) + 1
}
