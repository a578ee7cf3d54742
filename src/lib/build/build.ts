/** Builds the images of a stack: only those whose identity no image at the engine carries. */
import type {Engine, ImageFacts} from '../engine/engine.js'
import type {ImageOptions} from './pull.js'

import {withDefaultTag} from '../engine/reference.js'
import {ConfigError, ImageError} from '../errors.js'
import {LABELS} from '../labels.js'
import {bake} from './bake.js'
import {explainBuildFailure} from './build-failure.js'
import {
  BUILD_HASH_LABEL,
  type BuildStack,
  type BuildTarget,
  hashOf,
  isLocal,
  readBases,
  readTargets,
} from './build-plan.js'
import {packContext} from './context.js'
import {pullBase} from './pull-base.js'

export interface BuildFact {
  readonly service: string
  /** With its tag. */
  readonly reference: string
  readonly buildHash: string
  /** An image at the engine that carries the hash: nothing needs to be built. */
  readonly existingImageId: string | undefined
  /** Images that the build starts from and that the engine does not have; they are pulled first. */
  readonly missingBases: readonly string[]
  /** Services that must be built before this one. */
  readonly needs: readonly string[]
}

export interface BuiltImage {
  readonly service: string
  readonly reference: string
  readonly imageId: string
  readonly buildHash: string
  /** False when an image with the same hash was there. */
  readonly isNew: boolean
}

export interface BuildOptions extends ImageOptions {
  /** Build even what is there. */
  readonly force?: boolean
}

export interface Builder {
  /** Reads only: the builds in an order that works, each with its hash and the image that has it. */
  plan(): Promise<BuildFact[]>
  /** Builds one service's image, or tags the image that is there. `needs` must have been built before. */
  build(service: string, options: BuildOptions): Promise<BuiltImage>
  /** Pulls what services are built from, so that a plan sees what is new. What the stack builds itself is not pulled. */
  refreshBases(services: readonly string[], options: ImageOptions): Promise<void>
  /** Builds everything that `plan` lists, in its order. */
  buildAll(options: BuildOptions): Promise<BuiltImage[]>
}

export function createBuilder(engine: Engine, stack: BuildStack): Builder {
  const state: State = {engine, stack, hashes: new Map(), running: new Map(), pulls: new Map(), targets: undefined}
  return {
    plan: () => plan(state),
    build: (service, options) => build(state, service, options),
    refreshBases: (services, options) => refreshBases(state, services, options),
    async buildAll(options) {
      const built: BuiltImage[] = []
      for (const {service} of await targetsOf(state)) built.push(await build(state, service.name, options))
      return built
    },
  }
}

interface State {
  readonly engine: Engine
  readonly stack: BuildStack
  /** Hash of each build by the reference that it makes, for the builds that start from it. */
  readonly hashes: Map<string, string>
  /** Builds under way or done, by hash: two services with one build share it. */
  readonly running: Map<string, Promise<{imageId: string; isNew: boolean}>>
  readonly pulls: Map<string, Promise<ImageFacts>>
  targets: Promise<BuildTarget[]> | undefined
}

function targetsOf(state: State): Promise<BuildTarget[]> {
  state.targets ??= readTargets(state.stack.services)
  return state.targets
}

type IdOf = (reference: string) => Promise<string | undefined>

/** Asks once for each image: most services start from the same one. */
function imageIds(engine: Engine): IdOf {
  const asked = new Map<string, Promise<string | undefined>>()
  return (reference) => {
    const known = asked.get(reference) ?? engine.inspectImage(reference).then((image) => image?.id)
    asked.set(reference, known)
    return known
  }
}

async function plan(state: State): Promise<BuildFact[]> {
  const idOf = imageIds(state.engine)
  const facts: BuildFact[] = []
  const hashes = new Map<string, string>()
  const targets = await targetsOf(state)
  const independent = targets.filter((target) => target.needs.length === 0)
  // Most builds need no other: their files are read side by side.
  const early = new Map(
    await Promise.all(independent.map(async (one) => [one, await factOf(state, one, {hashes, idOf})] as const)),
  )
  for (const target of targets) {
    const fact = early.get(target) ?? (await factOf(state, target, {hashes, idOf}))
    hashes.set(target.reference, fact.buildHash)
    hashes.set(`service:${target.service.name}`, fact.buildHash)
    facts.push(fact)
  }

  return facts
}

interface Known {
  readonly hashes: ReadonlyMap<string, string>
  readonly idOf: IdOf
}

async function factOf(state: State, target: BuildTarget, {hashes, idOf}: Known): Promise<BuildFact> {
  const {reference, service, needs} = target
  const bases = await readBases(idOf, target, hashes)
  const buildHash = await hashOf(target, bases, hashes)
  const existingImageId = await findBuilt(state, reference, buildHash)
  return {service: service.name, reference, buildHash, existingImageId, missingBases: bases.missing, needs}
}

/** The image of that name if it carries the hash, else any image of this project that does. */
async function findBuilt({engine, stack}: State, reference: string, buildHash: string): Promise<string | undefined> {
  const wanted = {[BUILD_HASH_LABEL]: buildHash, [LABELS.project]: stack.project}
  const current = await engine.inspectImage(reference)
  if (current && Object.entries(wanted).every(([key, value]) => current.labels[key] === value)) return current.id
  const found = await engine.listImages(Object.entries(wanted).map(([key, value]) => `${key}=${value}`))
  return found[0]?.id
}

async function build(state: State, name: string, options: BuildOptions): Promise<BuiltImage> {
  const target = (await targetsOf(state)).find((one) => one.service.name === name)
  if (target === undefined) throw new ConfigError(`service ${name} has no build`)
  await pullBases(state, target, options)
  const bases = await readBases(imageIds(state.engine), target, state.hashes)
  const buildHash = await hashOf(target, bases, state.hashes)
  state.hashes.set(target.reference, buildHash)
  state.hashes.set(`service:${name}`, buildHash)
  const shared = state.running.get(buildHash) ?? findOrRun(state, {target, buildHash}, options)
  state.running.set(buildHash, shared)
  const {imageId, isNew} = await shared
  await tag(state.engine, imageId, [target.reference, ...target.spec.tags])
  return {service: name, reference: target.reference, imageId, buildHash, isNew}
}

async function tag(engine: Engine, imageId: string, references: readonly string[]): Promise<void> {
  for (const reference of references) {
    const current = await engine.inspectImage(withDefaultTag(reference))
    if (current?.id !== imageId) await engine.tagImage(imageId, reference)
  }
}

interface Job {
  readonly target: BuildTarget
  readonly buildHash: string
}

async function findOrRun(state: State, job: Job, options: BuildOptions): Promise<{imageId: string; isNew: boolean}> {
  const existing = options.force ? undefined : await findBuilt(state, job.target.reference, job.buildHash)
  if (existing !== undefined) return {imageId: existing, isNew: false}
  try {
    return {imageId: await run(state, job, options), isNew: true}
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    throw await explainBuildFailure(error, {target: job.target, directory: state.stack.directory})
  }
}

async function run(state: State, {target, buildHash}: Job, options: BuildOptions): Promise<string> {
  const labels = {[BUILD_HASH_LABEL]: buildHash, [LABELS.project]: state.stack.project}
  if (target.spec.needsBake !== undefined) {
    await bake({stack: state.stack, target, labels}, options)
    const baked = await state.engine.inspectImage(target.reference)
    if (baked) return baked.id
    throw new ImageError(`docker buildx bake made no image ${target.reference} at the engine`, {
      suggestions: ['An image for several platforms cannot be loaded into this engine: name one platform, or none'],
    })
  }

  const {spec} = target
  const {tar, dockerfile} = await packContext(spec)
  return state.engine.buildImage({
    context: tar,
    dockerfile,
    tags: [target.reference],
    args: spec.args,
    labels: {...spec.labels, ...labels},
    target: spec.target,
    platform: spec.platforms[0],
    network: spec.network,
    noCache: spec.noCache,
    cacheFrom: spec.cacheFrom,
    extraHosts: spec.extraHosts,
    shmSizeBytes: spec.shmSizeBytes,
    onProgress: options.onLine,
    ...(options.signal && {signal: options.signal}),
  })
}

async function refreshBases(state: State, services: readonly string[], options: ImageOptions): Promise<void> {
  const targets = await targetsOf(state)
  const known = new Set(targets.map((target) => target.reference))
  for (const target of targets.filter((one) => services.includes(one.service.name))) {
    for (const base of target.bases.filter(({reference}) => !known.has(reference))) {
      known.add(base.reference)
      await pullBase(state, target, {base, policy: 'always', options})
    }
  }
}

/** Has the base images at hand before the build starts, with the user's logins, and says plainly when one is missing. */
async function pullBases(state: State, target: BuildTarget, options: BuildOptions): Promise<void> {
  const foreign = target.bases.filter(({reference}) => !state.hashes.has(reference))
  await Promise.all(
    foreign.map(async ({reference, line}) => {
      const policy = target.spec.pull ? 'always' : 'missing'
      await pullBase(state, target, {base: {reference, line}, policy, options})
    }),
  )
  if (foreign.length === 0 && !isLocal(target.spec)) options.onLine(`context ${target.spec.contextDir}`)
}
