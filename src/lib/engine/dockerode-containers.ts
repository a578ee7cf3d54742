import type {ContainerInfo} from 'dockerode'

import {setTimeout as sleep} from 'node:timers/promises'

/** Containers: read, create, start, stop, remove. */
import type {EngineClient} from './client.js'
import type {ContainerBody, ContainerFacts, ContainerSummary, Engine} from './engine.js'

import {EngineConflictError, EngineError, UnreachableError} from '../errors.js'
import {labelFilter} from './client.js'
import {isNotFound} from './docker-errors.js'

export type ContainerCalls = Pick<
  Engine,
  | 'createContainer'
  | 'inspectContainer'
  | 'killContainer'
  | 'listContainers'
  | 'removeContainer'
  | 'renameContainer'
  | 'restartContainer'
  | 'setRestartPolicy'
  | 'startContainer'
  | 'stopContainer'
  | 'waitContainer'
>

const REMOVAL_TIMEOUT_MS = 60_000
const POLL_MS = 100
const RECONNECT_ATTEMPTS = 50
const RECONNECT_MS = 200

export function containerCalls(client: EngineClient): ContainerCalls {
  const post = (
    what: string,
    path: string,
    rest: {body?: object; query?: Record<string, number | string | undefined>} = {},
  ) => client.json<undefined>({what, method: 'POST', path: `/containers/${path}`, ...rest})
  return {
    listContainers: (labels) => listContainers(client, labels),
    inspectContainer: (id) => inspectContainer(client, id),
    createContainer: (name, body, platform) => createContainer(client, name, {body, platform}),
    startContainer: (id) => post(`start ${client.nameOf(id)}`, `${id}/start`),
    stopContainer: (id, options) => post(`stop ${client.nameOf(id)}`, `${id}/stop`, {query: grace(options?.graceMs)}),
    killContainer: (id, signal) => post(`send ${signal} to ${client.nameOf(id)}`, `${id}/kill`, {query: {signal}}),
    restartContainer: (id, options) =>
      post(`restart ${client.nameOf(id)}`, `${id}/restart`, {query: grace(options?.graceMs)}),
    removeContainer: (id, options) => removeContainer(client, id, options ?? {}),
    async renameContainer(id, name) {
      await post(`rename ${client.nameOf(id)} to ${name}`, `${id}/rename`, {query: {name}})
      client.learnName(id, name)
    },
    setRestartPolicy: (id, policy) =>
      post(`set the restart policy of ${client.nameOf(id)}`, `${id}/update`, {body: {RestartPolicy: policy}}),
    waitContainer: (id, signal) => waitContainer(client, id, signal),
  }
}

async function listContainers(client: EngineClient, labels: readonly string[]): Promise<ContainerSummary[]> {
  const query = {all: true, filters: labelFilter(labels)}
  const found = await client.json<ContainerInfo[]>({what: 'list containers', path: '/containers/json', query})
  for (const info of found) client.learnName(info.Id, nameOf(info.Names))
  return found.map(summaryOf)
}

function summaryOf(info: ContainerInfo): ContainerSummary {
  return {
    id: info.Id,
    name: nameOf(info.Names),
    state: info.State,
    status: info.Status,
    image: info.Image,
    imageId: info.ImageID,
    labels: info.Labels ?? {},
    createdAt: new Date(info.Created * 1000),
    ports: (info.Ports ?? []).flatMap((port) =>
      port.PublicPort
        ? [{hostIp: port.IP, hostPort: port.PublicPort, port: port.PrivatePort, protocol: port.Type}]
        : [],
    ),
  }
}

/** Links add names with a second slash: `/other/alias`. The container's own has one. */
function nameOf(names: readonly string[] | null): string {
  const own = names?.find((name) => name.lastIndexOf('/') === 0) ?? names?.[0] ?? ''
  return own.replace(/^\//, '')
}

async function inspectContainer(client: EngineClient, id: string): Promise<ContainerFacts | undefined> {
  const call = {what: `inspect container ${client.nameOf(id)}`, path: `/containers/${id}/json`}
  const facts = await client.find<ContainerFacts>(call)
  if (facts) client.learnName(facts.Id, facts.Name)
  return facts
}

interface Creation {
  readonly body: ContainerBody
  readonly platform: string | undefined
}

async function createContainer(client: EngineClient, name: string, {body, platform}: Creation): Promise<string> {
  const call = {
    what: `create container ${name}`,
    method: 'POST',
    path: '/containers/create',
    query: {name, platform},
    body,
  } as const
  try {
    const {Id} = await client.json<{Id: string}>(call)
    client.learnName(Id, name)
    return Id
  } catch (error) {
    if (!(error instanceof EngineConflictError) || error.facts.holder !== undefined) throw error
    throw await withHolder(client, name, error)
  }
}

/** An engine that does not name the holder in its answer is asked for it. */
async function withHolder(
  client: EngineClient,
  name: string,
  error: EngineConflictError,
): Promise<EngineConflictError> {
  const holder = await inspectContainer(client, name)
  if (holder === undefined) return error
  return new EngineConflictError(error.message, {cause: error.cause, statusCode: 409, facts: {holder: holder.Id}})
}

/** The API counts in whole seconds; a fraction is rounded up so that nobody gets less time than asked for. */
function grace(graceMs: number | undefined): Record<string, number> {
  return graceMs === undefined ? {} : {t: Math.ceil(graceMs / 1000)}
}

async function removeContainer(
  client: EngineClient,
  id: string,
  {force = false, keepVolumes = false}: {force?: boolean; keepVolumes?: boolean},
): Promise<void> {
  try {
    await client.removeIfThere({
      what: `remove container ${client.nameOf(id)}`,
      path: `/containers/${id}`,
      query: {force, v: !keepVolumes},
    })
  } catch (error) {
    const isUnderWay =
      error instanceof EngineError && error.statusCode === 409 && error.message.includes('already in progress')
    if (!isUnderWay) throw error
    await waitUntilGone(client, id)
  }
}

/** Somebody else removes it right now: gone is what the caller asked for, so wait for that. */
async function waitUntilGone(client: EngineClient, id: string): Promise<void> {
  const deadline = Date.now() + REMOVAL_TIMEOUT_MS
  while ((await inspectContainer(client, id)) !== undefined) {
    if (Date.now() > deadline)
      throw new EngineError(`cannot remove container ${client.nameOf(id)}: its removal does not come to an end`)
    await sleep(POLL_MS)
  }
}

/** Survives a connection that breaks while it waits (the engine restarts, a proxy gives up): asks again. */
async function waitContainer(client: EngineClient, id: string, signal: AbortSignal | undefined): Promise<number> {
  const call = {what: `wait for ${client.nameOf(id)}`, method: 'POST', path: `/containers/${id}/wait`, signal} as const
  for (let attempt = 1; ; attempt++) {
    try {
      const {StatusCode} = await client.json<{StatusCode: number}>(call)
      return StatusCode
    } catch (error) {
      signal?.throwIfAborted()
      const isBroken = error instanceof UnreachableError && !(error instanceof EngineError)
      if (!isBroken || isNotFound(error) || attempt >= RECONNECT_ATTEMPTS) throw error
      await sleep(RECONNECT_MS, undefined, {signal}).catch(() => signal?.throwIfAborted())
    }
  }
}
