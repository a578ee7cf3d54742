import type {ImageInfo, ImageInspectInfo} from 'dockerode'

/** Images: what the engine has, pulls, tags and removal. */
import type {EngineClient} from './client.js'
import type {Engine, ImageFacts, PullRequest} from './engine.js'

import {EngineError, ImageError, PreflightError} from '../errors.js'
import {labelFilter} from './client.js'
import {engineWords, isDiskFull} from './docker-errors.js'
import {jsonLines} from './json-lines.js'
import {splitReference} from './reference.js'

export type ImageCalls = Pick<
  Engine,
  'inspectImage' | 'listImages' | 'listTags' | 'pullImage' | 'removeImage' | 'tagImage'
>

export function imageCalls(client: EngineClient): ImageCalls {
  return {
    listImages: (labels) => listImages(client, labels),
    listTags: (repository) => listTags(client, repository),
    inspectImage: (reference) => inspectImage(client, reference),
    pullImage: (request) => pullImage(client, request),
    tagImage: (id, reference) => tagImage(client, id, reference),
    removeImage: (reference) => client.removeIfThere({what: `remove image ${reference}`, path: `/images/${reference}`}),
  }
}

/** The list leaves out what an image exposes and declares, so each image is asked. */
async function listImages(client: EngineClient, labels: readonly string[]): Promise<ImageFacts[]> {
  const query = {filters: labelFilter(labels)}
  const found = await client.json<ImageInfo[]>({what: 'list images', path: '/images/json', query})
  const facts = await Promise.all(found.map(({Id}) => inspectImage(client, Id)))
  return facts.filter((image) => image !== undefined)
}

/** The engine's filter goes by image: it answers the other names of the image too. */
async function listTags(client: EngineClient, repository: string): Promise<{reference: string; imageId: string}[]> {
  const query = {filters: JSON.stringify({reference: [repository]})}
  const found = await client.json<ImageInfo[]>({what: `list tags of ${repository}`, path: '/images/json', query})
  return found.flatMap(({Id, RepoTags}) =>
    (RepoTags ?? [])
      .filter((reference) => splitReference(reference).repository === repository)
      .map((reference) => ({reference, imageId: Id})),
  )
}

async function inspectImage(client: EngineClient, reference: string): Promise<ImageFacts | undefined> {
  const call = {what: `inspect image ${reference}`, path: `/images/${reference}/json`}
  const info = await client.find<ImageInspectInfo>(call)
  return info && factsOf(info)
}

function factsOf(info: ImageInspectInfo): ImageFacts {
  const config = (info.Config ?? {}) as Partial<ImageInspectInfo['Config']>
  const test = config.Healthcheck?.Test?.[0]
  return {
    id: info.Id,
    tags: info.RepoTags ?? [],
    digests: info.RepoDigests ?? [],
    labels: config.Labels ?? {},
    sizeBytes: info.Size,
    architecture: info.Architecture,
    os: info.Os,
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).map((port) => Number.parseInt(port, 10)),
    volumes: Object.keys(config.Volumes ?? {}),
    hasHealthcheck: test !== undefined && test !== 'NONE',
    entrypoint: listOf(config.Entrypoint),
    command: listOf(config.Cmd),
    stopSignal: (config as {StopSignal?: string}).StopSignal,
    createdAt: new Date(info.Created),
  }
}

function listOf(value: string | string[] | null | undefined): string[] {
  return typeof value === 'string' ? [value] : (value ?? [])
}

function tagImage(client: EngineClient, id: string, reference: string): Promise<void> {
  const {repository, tag} = splitReference(reference)
  const query = {repo: repository, tag: tag ?? 'latest'}
  return client.json({what: `tag image ${reference}`, method: 'POST', path: `/images/${id}/tag`, query})
}

interface PullMessage {
  readonly status?: string
  readonly id?: string
  readonly error?: string
}

/** Layer states worth a line; the percentages in between are not. */
const MILESTONES = /^(?:Pull complete|Already exists|Downloaded newer image|Image is up to date|Digest|Pulling from)/

async function pullImage(
  client: EngineClient,
  {reference, platform, auth, onProgress, signal}: PullRequest,
): Promise<void> {
  const what = `pull ${reference}`
  const {repository, tag, digest} = splitReference(reference)
  // Without a tag the engine would pull every tag that the repository has.
  const query = {fromImage: repository, tag: digest ?? tag ?? 'latest', platform}
  const headers = auth && {'X-Registry-Auth': registryHeader(auth)}
  try {
    const answer = await client.stream({
      what,
      method: 'POST',
      path: '/images/create',
      query,
      signal,
      ...(headers && {headers}),
    })
    for await (const {error, status, id} of jsonLines<PullMessage>(answer)) {
      if (error !== undefined) throw pullFailure(reference, error)
      if (status && MILESTONES.test(status)) onProgress(id ? `${id}: ${status}` : status)
    }
  } catch (error) {
    if (error instanceof EngineError && error.statusCode) throw pullFailure(reference, error.message, error)
    const failure = client.failure({what, signal}, error)
    const isFull = failure instanceof PreflightError && isDiskFull(failure.message)
    throw isFull ? pullFailure(reference, failure.message, failure) : failure
  }
}

/** base64url of the login, as the engine's API wants it. */
export function registryHeader(auth: object): string {
  return Buffer.from(JSON.stringify(auth)).toString('base64url')
}

function pullFailure(reference: string, said: string, cause?: unknown): ImageError {
  const words = engineWords(said.replace(`cannot pull ${reference}: `, ''))
  const {reason, remedy} = pullReason(words, reference)
  return new ImageError(`cannot pull ${reference}: ${reason}`, {
    cause,
    suggestions: remedy,
    facts: {reference, engine: words},
  })
}

function pullReason(said: string, reference: string): {reason: string; remedy: string[]} {
  if (isDiskFull(said)) {
    return {
      reason: "no space left on the engine's disk",
      remedy: ['docker system df', 'Free space on the host, then run the command again'],
    }
  }

  if (/unauthorized|access denied|authentication required|no basic auth|403 Forbidden|denied:/i.test(said)) {
    const {registry} = splitReference(reference)
    return {
      reason: 'the registry denies it, or the repository does not exist',
      remedy: [`Log in: docker login${registry ? ` ${registry}` : ''}`, 'Check the name of the image'],
    }
  }

  if (/manifest unknown|not found|does not exist|no matching manifest/i.test(said)) {
    return {reason: `the registry does not have it (${said})`, remedy: ['Check the name and the tag of the image']}
  }

  return {
    reason: `the registry cannot be reached (${said})`,
    remedy: [
      "Check the network of the engine's host",
      `Or bring the image there: docker save ${reference} | docker load`,
    ],
  }
}
