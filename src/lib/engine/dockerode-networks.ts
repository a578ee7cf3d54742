import type {NetworkInspectInfo} from 'dockerode'

/** Networks and who is attached to them. */
import type {EngineClient} from './client.js'
import type {EndpointSettings, Engine, NetworkBody, NetworkFacts} from './engine.js'

import {EngineConflictError, EngineError} from '../errors.js'
import {labelFilter} from './client.js'

export type NetworkCalls = Pick<
  Engine,
  'connectNetwork' | 'createNetwork' | 'disconnectNetwork' | 'inspectNetwork' | 'listNetworks' | 'removeNetwork'
>

export function networkCalls(client: EngineClient): NetworkCalls {
  return {
    listNetworks: (labels) => listNetworks(client, labels),
    inspectNetwork: (nameOrId) => inspectNetwork(client, nameOrId),
    createNetwork: (name, body) => createNetwork(client, name, body),
    removeNetwork: (id) => client.removeIfThere({what: `remove network ${client.nameOf(id)}`, path: `/networks/${id}`}),
    connectNetwork: (network, container, endpoint) => connect(client, {network, container}, endpoint),
    disconnectNetwork: (network, container) => disconnect(client, {network, container}),
  }
}

/** The list does not say who is attached, so each network is asked. */
async function listNetworks(client: EngineClient, labels: readonly string[]): Promise<NetworkFacts[]> {
  const query = {filters: labelFilter(labels)}
  const found = await client.json<NetworkInspectInfo[]>({what: 'list networks', path: '/networks', query})
  const facts = await Promise.all(found.map(({Id}) => inspectNetwork(client, Id)))
  return facts.filter((network) => network !== undefined)
}

async function inspectNetwork(client: EngineClient, nameOrId: string): Promise<NetworkFacts | undefined> {
  const info = await client.find<NetworkInspectInfo>({
    what: `inspect network ${client.nameOf(nameOrId)}`,
    path: `/networks/${encodeURIComponent(nameOrId)}`,
  })
  if (info === undefined) return undefined
  return {
    id: info.Id,
    name: info.Name,
    driver: info.Driver,
    internal: info.Internal,
    labels: info.Labels ?? {},
    subnets: (info.IPAM?.Config ?? []).flatMap(({Subnet}) => (Subnet ? [Subnet] : [])),
    containers: Object.keys(info.Containers ?? {}),
  }
}

async function createNetwork(client: EngineClient, name: string, body: NetworkBody): Promise<string> {
  const what = `create network ${name}`
  try {
    // Without CheckDuplicate an engine before API 1.44 makes a second network of the same name.
    const full = {CheckDuplicate: true, ...body, Name: name}
    return (await client.json<{Id: string}>({what, method: 'POST', path: '/networks/create', body: full})).Id
  } catch (error) {
    if (!(error instanceof EngineConflictError)) throw error
    const holder = await inspectNetwork(client, name)
    throw new EngineConflictError(error.message, {cause: error.cause, statusCode: 409, facts: {holder: holder?.id}})
  }
}

interface Attachment {
  readonly network: string
  readonly container: string
}

function connect(client: EngineClient, {network, container}: Attachment, endpoint: EndpointSettings): Promise<void> {
  return client.json({
    what: `connect ${client.nameOf(container)} to network ${client.nameOf(network)}`,
    method: 'POST',
    path: `/networks/${encodeURIComponent(network)}/connect`,
    body: {Container: container, EndpointConfig: endpoint},
  })
}

/** Not attached, or not there any more, is what was asked for. */
async function disconnect(client: EngineClient, {network, container}: Attachment): Promise<void> {
  try {
    await client.find({
      what: `disconnect ${client.nameOf(container)} from network ${client.nameOf(network)}`,
      method: 'POST',
      path: `/networks/${encodeURIComponent(network)}/disconnect`,
      body: {Container: container, Force: false},
    })
  } catch (error) {
    if (error instanceof EngineError && error.message.includes('is not connected to')) return
    throw error
  }
}
