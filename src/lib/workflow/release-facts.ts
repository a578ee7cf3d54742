/**
 * Facts about a release that the ledger holds: the stack as it was, with its images, configs and secrets. The files of
 * today play no part in it.
 */
import type {Engine} from '../engine/engine.js'
import type {ObservedStack} from '../observe/observed.js'
import type {Desired, DesiredImage, DesiredService} from '../plan/desired.js'
import type {History} from '../plan/history.js'
import type {ServiceContents} from '../release/file-contents.js'
import type {ReleaseRecord, ReleaseService, ReleaseSnapshot} from '../release/record.js'
import type {Service, Stack} from '../stack/model.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {ensureImage} from '../build/pull.js'
import {ConfigError} from '../errors.js'
import {digestsFor} from '../release/file-contents.js'
import {Ledger} from '../release/ledger.js'
import {configHash} from '../stack/hash.js'
import {restoreStack} from '../stack/restore.js'
import {asServed, desiredRouter, hasFiles, observeStack} from './facts.js'

export interface ReleaseFactsRequest extends Surroundings {
  readonly history: History
  /** The release to be brought back. */
  readonly record: ReleaseRecord
  /** Number that new replicas carry: its own when it is taken up again, a new one for a rollback. */
  readonly number: (observed: ObservedStack) => number
  /** A release that was cut short. */
  readonly unsettled?: number | undefined
  /** Replicas by service, in place of what the release wanted. */
  readonly replicas?: Readonly<Record<string, number>>
}

/** Throws ConfigError when something that the release needs is not at the engine any more. */
export async function gatherReleaseFacts(request: ReleaseFactsRequest): Promise<DeployFacts> {
  const {engine, history, record} = request
  const ledger = new Ledger(engine, record.project)
  const snapshot = await ledger.snapshot(record.release)
  if (snapshot === undefined) throw gone(record, 'its configuration')
  const restored = await restoreStack(snapshot, {...replicasOf(record, snapshot), ...request.replicas})
  const [info, observed, contents] = await Promise.all([
    engine.info(),
    observeStack({engine, stack: restored}),
    storedContents(ledger, record),
  ])
  const stack = asServed(restored, observed)
  const services = await Promise.all(
    stack.services.map((service) => desiredService(engine, {stack, service, record, contents})),
  )
  const desired: Desired = {
    stack,
    release: request.number(observed),
    unsettled: request.unsettled,
    services: new Map(services.map((service) => [service.service.name, service])),
    router: await desiredRouter(engine, stack, observed),
    dormant: new Set(),
    hasFiles: hasFiles(contents),
  }
  return {
    info,
    desired,
    observed,
    contents,
    history,
    resolved: {...snapshot, compose: restored.compose},
    composeHashes: async () => new Map(Object.entries(snapshot.composeHashes)),
    provideImage: pullByDigest(request),
  }
}

/** Jobs have no number of replicas in a record, and must not be given one. */
function replicasOf(record: ReleaseRecord, {compose}: ReleaseSnapshot): Record<string, number> {
  const services = Object.entries(record.services).filter(
    ([name, service]) => !service.job && compose.services?.[name] !== undefined,
  )
  return Object.fromEntries(services.map(([name, {replicas}]) => [name, replicas]))
}

async function storedContents(ledger: Ledger, record: ReleaseRecord): Promise<ServiceContents> {
  const read = async (path: string): Promise<Buffer> => {
    const content = await ledger.content(path)
    if (content === undefined) throw gone(record, `its file ${path.split('/').at(-1)}`)
    return content
  }

  const filesOf = async ({files}: ReleaseService): Promise<ReadonlyMap<string, Buffer>> =>
    new Map(await Promise.all(Object.entries(files).map(async ([key, {path}]) => [key, await read(path)] as const)))
  const services = Object.entries(record.services).map(
    async ([name, service]) => [name, await filesOf(service)] as const,
  )
  return new Map(await Promise.all(services))
}

interface ServiceFacts {
  readonly stack: Stack
  readonly service: Service
  readonly record: ReleaseRecord
  readonly contents: ServiceContents
}

async function desiredService(engine: Engine, facts: ServiceFacts): Promise<DesiredService> {
  const {contents, record, service, stack} = facts
  const recorded = record.services[service.name]
  if (recorded === undefined) throw gone(record, `what it knew of service ${service.name}`)
  const image = await imageOf(engine, record, recorded)
  const fileDigests = digestsFor(stack, service, contents)
  // Not the recorded hash: more replicas than then may have made it a routed service, whose containers differ.
  return {service, image, fileDigests, configHash: configHash(service, {imageIdentity: image.identity, fileDigests})}
}

/** The very image; by its digest from its registry when it is not at the engine any more. */
async function imageOf(engine: Engine, record: ReleaseRecord, {image, job}: ReleaseService): Promise<DesiredImage> {
  const {digests, id, identity, reference} = image
  const common = {reference, identity, id, needs: []}
  if (job || (id !== undefined && (await engine.inspectImage(id)))) return {...common, state: 'present', because: ''}
  const digest = digests[0]
  if (digest === undefined) throw gone(record, `image ${reference}`)
  return {...common, reference: digest, state: 'pull', because: 'its image is not at the engine any more'}
}

function pullByDigest({engine, env}: Surroundings): DeployFacts['provideImage'] {
  return async (_service, {progress, signal, reference}) =>
    (await ensureImage(engine, {reference, policy: 'missing', platform: undefined}, {env, onLine: progress, signal})).id
}

function gone({release}: ReleaseRecord, what: string): ConfigError {
  return new ConfigError(`release ${release} cannot be brought back: ${what} is not at the engine any more`, {
    suggestions: ['stackctl releases lists the others', 'check the old files out and deploy them'],
  })
}
