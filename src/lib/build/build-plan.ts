import {join, resolve} from 'node:path'

/** Which builds there are, what decides about each, and their order. Reads files and the engine; changes nothing. */
import type {BuildSpec, Service, Stack} from '../stack/model.js'

import {withDefaultTag} from '../engine/reference.js'
import {ConfigError} from '../errors.js'
import {type BaseImage, baseImages} from './base-images.js'
import {contextHash, filesDigest} from './context-hash.js'
import {readDockerfile} from './context.js'

export const BUILD_HASH_LABEL = 'dev.stackctl.build-hash'

/** A service with a build, and what its Dockerfile says. */
export interface BuildTarget {
  readonly service: Service
  readonly spec: BuildSpec
  /** With its tag. */
  readonly reference: string
  readonly bases: readonly BaseImage[]
  /** Services whose images this one starts from. */
  readonly needs: readonly string[]
}

/** The targets in an order in which they can be built. */
export async function readTargets(services: readonly Service[]): Promise<BuildTarget[]> {
  const references = new Map(
    services.flatMap((one) => (one.build ? [[withDefaultTag(one.image), one.name] as const] : [])),
  )
  const targets = await Promise.all(
    services.flatMap((one) => (one.build ? [readTarget(one, one.build, references)] : [])),
  )
  return inBuildOrder(targets)
}

async function readTarget(
  service: Service,
  spec: BuildSpec,
  builtBy: ReadonlyMap<string, string>,
): Promise<BuildTarget> {
  const reference = withDefaultTag(service.image)
  const contexts = additionalContexts(service)
  const named = isLocal(spec) ? baseImages(await readDockerfile(spec), spec) : []
  const bases = named
    .filter((base) => !(base.reference in contexts))
    .map((base) => ({...base, reference: withDefaultTag(base.reference)}))
  const fromBases = bases.flatMap((base) => builtBy.get(base.reference) ?? [])
  const fromContexts = Object.values(contexts).flatMap(
    (value) => /^service:(?<name>.+)$/.exec(value)?.groups?.name ?? [],
  )
  const needs = [...new Set([...fromBases, ...fromContexts])].filter((name) => name !== service.name)
  return {service, spec, reference, bases, needs}
}

/** A context that is a directory of this machine; a Git address is the builder's business. */
export function isLocal(spec: BuildSpec): boolean {
  return spec.contextDir.startsWith('/')
}

/** `build.additional_contexts`, as a mapping in both of its forms. */
export function additionalContexts(service: Service): Readonly<Record<string, string>> {
  const written = service.compose.build?.additional_contexts
  if (Array.isArray(written)) {
    return Object.fromEntries(
      (written as string[]).map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]),
    )
  }

  return (written ?? {}) as Record<string, string>
}

function inBuildOrder(targets: readonly BuildTarget[]): BuildTarget[] {
  const byName = new Map(targets.map((target) => [target.service.name, target]))
  const ordered = new Set<BuildTarget>()
  const visit = (target: BuildTarget, path: readonly string[]) => {
    const {name} = target.service
    if (ordered.has(target)) return
    if (path.includes(name)) {
      throw new ConfigError(
        `the builds of ${[...path.slice(path.indexOf(name)), name].join(' → ')} start from each other`,
      )
    }

    for (const need of target.needs) {
      const needed = byName.get(need)
      if (needed) visit(needed, [...path, name])
    }

    ordered.add(target)
  }

  for (const target of targets) visit(target, [])
  return [...ordered]
}

/** What the base images of a build are right now. */
export interface BaseFacts {
  readonly ids: Readonly<Record<string, string>>
  /** Not at the engine; pulled when the build runs. */
  readonly missing: readonly string[]
}

/** Ids of the bases; an image that another service builds counts by the hash of that build. */
export async function readBases(
  idOf: (reference: string) => Promise<string | undefined>,
  target: BuildTarget,
  hashes: ReadonlyMap<string, string>,
): Promise<BaseFacts> {
  const entries = await Promise.all(
    target.bases.map(async ({reference}) => {
      const built = hashes.get(reference)
      const id = built === undefined ? await idOf(reference) : `build:${built}`
      return [reference, id] as const
    }),
  )
  return {
    ids: Object.fromEntries(entries.map(([reference, id]) => [reference, id ?? 'missing'])),
    missing: entries.flatMap(([reference, id]) => (id === undefined ? [reference] : [])),
  }
}

/** The hash of one build. A remote context counts by its address: name a commit in it. */
export async function hashOf(
  target: BuildTarget,
  bases: BaseFacts,
  hashes: ReadonlyMap<string, string>,
): Promise<string> {
  const {spec, service} = target
  const extra = spec.needsBake === undefined ? undefined : await bakeIdentity(target, hashes)
  const baseImageIds = bases.ids
  if (isLocal(spec)) return contextHash(spec, {baseImageIds, extra})
  const {createHash} = await import('node:crypto')
  return createHash('sha256')
    .update(JSON.stringify([service.compose.build, extra, baseImageIds]))
    .digest('hex')
}

/** Everything that the compose file says about such a build, and what is in its other contexts. Secrets do not count. */
async function bakeIdentity({service}: BuildTarget, hashes: ReadonlyMap<string, string>): Promise<unknown> {
  const {
    secrets: _secrets,
    ssh: _ssh,
    context: _context,
    dockerfile: _dockerfile,
    cache_from: _from,
    cache_to: _to,
    ...rest
  } = service.compose.build ?? {}
  const contexts = await Promise.all(
    Object.entries(additionalContexts(service)).map(async ([name, value]) => [
      name,
      await contextIdentity(value, hashes),
    ]),
  )
  return {...rest, additional_contexts: contexts}
}

async function contextIdentity(value: string, hashes: ReadonlyMap<string, string>): Promise<string> {
  if (!value.startsWith('/') && /^[\w+.-]+:/.test(value)) return hashes.get(value) ?? value
  const contextDir = resolve(value)
  return filesDigest({contextDir, dockerfile: join(contextDir, 'Dockerfile')})
}

export type BuildStack = Pick<Stack, 'compose' | 'directory' | 'project' | 'services'>
