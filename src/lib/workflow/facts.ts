/** Collects every fact that a plan is decided on: what should be, with its identities, and what is. Changes nothing. */
import type {Builder, BuildFact} from '../build/build.js'
import type {Engine, EngineInfo} from '../engine/engine.js'
import type {Emit} from '../events.js'
import type {ObservedStack} from '../observe/observed.js'
import type {Desired, DesiredImage, DesiredRouter, DesiredService} from '../plan/desired.js'
import type {Service, Stack} from '../stack/model.js'

import {createBuilder} from '../build/build.js'
import {observe} from '../observe/observe.js'
import {digestsFor, readContents} from '../release/file-contents.js'
import {routerImage} from '../router/image.js'
import {backendsFor, routerSpec} from '../router/spec.js'
import {stackVariables} from '../secrets/values.js'
import {allServices} from '../stack/all-services.js'
import {configHash} from '../stack/hash.js'
import {checkEngineSupports} from '../stack/honoured.js'
import {keepRoutes} from '../stack/keep-routes.js'

/** What every workflow is given. */
export interface Surroundings {
  readonly engine: Engine
  readonly stack: Stack
  /** Environment of the process: registry logins, docker compose, `environment:` sources. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly emit: Emit
  readonly signal: AbortSignal
}

export interface DeployFacts {
  readonly info: EngineInfo
  readonly desired: Desired
  readonly observed: ObservedStack
  /** Content of configs and secrets by `<kind>:<key>`. */
  readonly contents: ReadonlyMap<string, Buffer>
  readonly builder: Builder
  readonly builds: ReadonlyMap<string, BuildFact>
}

export async function gatherFacts(surroundings: Surroundings): Promise<DeployFacts> {
  const {engine} = surroundings
  const builder = createBuilder(engine, surroundings.stack)
  const [info, observed, contents, builds] = await Promise.all([
    engine.info(),
    observeStack(surroundings),
    readContents(surroundings.stack, await stackVariables(surroundings.stack, surroundings.env)),
    builder.plan(),
  ])
  const stack = asServed(surroundings.stack, observed)
  await checkEngineSupports(stack, info.apiVersion)
  const byService = new Map(builds.map((fact) => [fact.service, fact]))
  const services = await Promise.all(
    stack.services.map((service) =>
      desiredService(surroundings, service, {contents, build: byService.get(service.name)}),
    ),
  )
  const desired: Desired = {
    stack,
    release: nextRelease(observed),
    services: new Map(services.map((service) => [service.service.name, service])),
    router: await desiredRouter(engine, stack, observed),
    dormant: await dormantServices(surroundings, observed),
    hasFiles: contents.size > 0,
  }
  return {info, desired, observed, contents, builder, builds: byService}
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
  facts: {contents: ReadonlyMap<string, Buffer>; build: BuildFact | undefined},
): Promise<DesiredService> {
  const {image, identity} = await imageOf(surroundings.engine, service, facts.build)
  const fileDigests = digestsFor(surroundings.stack, service, facts.contents)
  return {service, image, fileDigests, configHash: configHash(service, {imageIdentity: identity, fileDigests})}
}

/** A built image is what it was built from; a pulled one is its id. */
async function imageOf(
  engine: Engine,
  service: Service,
  build: BuildFact | undefined,
): Promise<{image: DesiredImage; identity: string}> {
  const reference = build?.reference ?? service.image
  const present = await engine.inspectImage(reference)
  if (build === undefined) {
    const image: DesiredImage = {
      reference,
      needs: [],
      traits: present,
      ...(present ? {state: 'present', because: ''} : {state: 'pull', because: 'its image is not at the engine'}),
    }
    return {image, identity: present?.id ?? `pull:${reference}`}
  }

  // An image that carries the hash under another name only has to be tagged; that is the build's business as well.
  const isBuilt = build.existingImageId !== undefined && present?.id === build.existingImageId
  const because = present === undefined ? 'its image is not built yet' : 'its build context changed'
  return {
    image: {
      reference,
      needs: build.needs,
      traits: present,
      ...(isBuilt ? {state: 'present', because: ''} : {state: 'build', because}),
    },
    identity: `build:${build.buildHash}`,
  }
}

async function desiredRouter(
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

function nextRelease(observed: ObservedStack): number {
  return Math.max(0, ...observed.containers.map((container) => container.release ?? 0)) + 1
}
