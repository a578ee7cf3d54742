/** Has newer images of a stack at hand, so that a deploy after it rolls what has changed. Replaces nothing by itself. */
import type {Service} from '../stack/model.js'
import type {Surroundings} from './facts.js'

import {createBuilder} from '../build/build.js'
import {ensureImage} from '../build/pull.js'
import {withDefaultTag} from '../engine/reference.js'
import {UsageError} from '../errors.js'
import {refuseUnknownServices} from './deploy.js'

export interface UpdateOptions {
  /** Empty: all. */
  readonly services: readonly string[]
  /** Also what is built, from base images as their registries have them now. */
  readonly build: boolean
}

/** What a pull brought. Ids at the engine, `sha256:…`; equal when there was nothing newer. */
export interface PulledImage {
  readonly reference: string
  readonly services: readonly string[]
  readonly before: string | undefined
  readonly after: string
}

export interface Update {
  /** Services that may have to be replaced now; empty when none of them takes its image from a registry. */
  readonly services: readonly string[]
  readonly images: readonly PulledImage[]
}

/**
 * Pulls the images that are not built, whatever their tag and pull policy, except `never` and those that are pinned by
 * digest. Throws ImageError (exit 3) when one cannot be had; UsageError for a service that has to be built.
 */
export async function pullNewer(surroundings: Surroundings, options: UpdateOptions): Promise<Update> {
  const {stack} = surroundings
  refuseUnknownServices({stack, options})
  const asked = stack.services.filter(({name}) => options.services.length === 0 || options.services.includes(name))
  const built = asked.filter((service) => service.build !== undefined)
  if (options.services.length > 0 && built.length > 0 && !options.build) throw mustBeBuilt(built)
  const pulled = asked.filter((service) => isPulled(service))
  const images: PulledImage[] = []
  for (const [reference, users] of byReference(pulled)) images.push(await pull(surroundings, reference, users))
  const names = pulled.map(({name}) => name)
  if (!options.build || built.length === 0) return {services: names, images}
  const builtNames = built.map(({name}) => name)
  await refreshBases(surroundings, builtNames)
  return {services: [...names, ...builtNames], images}
}

function mustBeBuilt(services: readonly Service[]): UsageError {
  const names = services.map(({name}) => name)
  const [first = ''] = names
  const message =
    names.length === 1 ? `service ${first} is built, not pulled` : `services ${names.join(', ')} are built, not pulled`
  return new UsageError(message, {suggestions: ['--build builds them from newer base images']})
}

/** What a digest names never changes, and `never` means what it says. */
function isPulled({build, image, pullPolicy}: Service): boolean {
  return build === undefined && pullPolicy !== 'never' && !image.includes('@')
}

function byReference(services: readonly Service[]): Map<string, Service[]> {
  const groups = new Map<string, Service[]>()
  for (const service of services) {
    const reference = withDefaultTag(service.image)
    groups.set(reference, [...(groups.get(reference) ?? []), service])
  }

  return groups
}

async function pull(
  {emit, engine, env, signal}: Surroundings,
  reference: string,
  users: readonly Service[],
): Promise<PulledImage> {
  const services = users.map(({name}) => name)
  const before = (await engine.inspectImage(reference))?.id
  const onLine = (line: string): void => emit({type: 'output', source: services.join(', '), line})
  const platform = users.find(({compose}) => compose.platform)?.compose.platform
  const {id: after} = await ensureImage(engine, {reference, policy: 'always', platform}, {env, onLine, signal})
  const what = before === after ? 'nothing newer' : `${shortId(before)} → ${shortId(after)}`
  emit({type: 'notice', message: `${reference} (${services.join(', ')}): ${what}`})
  return {reference, services, before, after}
}

function shortId(id: string | undefined): string {
  return id === undefined ? 'none' : id.replace(/^sha256:/, '').slice(0, 12)
}

async function refreshBases(
  {emit, engine, env, signal, stack}: Surroundings,
  services: readonly string[],
): Promise<void> {
  const onLine = (line: string): void => emit({type: 'output', source: 'base images', line})
  await createBuilder(engine, stack).refreshBases(services, {env, onLine, signal})
}
