import {createHash} from 'node:crypto'

/**
 * What the router of a stack must be: the names it owns in which networks, the host ports it publishes, its backends.
 * Pure: (Stack) → RouterSpec; the address ranges of the networks come in as facts.
 */
import type {Route, RoutePort, Service, Stack} from '../stack/model.js'
import type {Backend} from './table.js'

import {networkKeys, routerAliases} from '../stack/container-network.js'

export interface RouterSpec {
  readonly containerName: string
  readonly image: string
  /** The router's own bridge: host ports are published on it, whatever happens to the stack's networks. */
  readonly homeNetwork: string
  readonly volume: string
  /** Engine name of each network that the router joins, with the names it answers to there. */
  readonly networks: readonly {readonly key: string; readonly name: string; readonly aliases: readonly string[]}[]
  readonly bindings: readonly PortBinding[]
  /** Changes when the container has to be made anew: host ports or image. */
  readonly fingerprint: string
}

export interface PortBinding {
  readonly listen: number
  readonly hostIp: string
  readonly hostPort: number
}

/** Inside the router, host-published ports start here, clear of the ports that services use. */
const FIRST_LISTEN = 20_000
/** Room for old and new replicas side by side, and for scaling; growing later costs one reload. */
const MIN_SLOTS = 16

/** The router that a stack needs; undefined when no service is routed. */
export function routerSpec(stack: Stack, image: string): RouterSpec | undefined {
  const routed = routedServices(stack)
  if (routed.length === 0) return undefined
  const bindings = portBindings(routed)
  return {
    containerName: routerName(stack.project),
    image,
    homeNetwork: `${stack.project}-stackctl-router`,
    volume: `${stack.project}-stackctl-router`,
    networks: routerNetworks(stack),
    bindings,
    fingerprint: createHash('sha256')
      .update(JSON.stringify([image, bindings]))
      .digest('hex')
      .slice(0, 16),
  }
}

export function routerName(project: string): string {
  return `${project}-stackctl-router`
}

/** The name of a router that is being replaced, until its successor is accepted. */
export function routerOldName(project: string): string {
  return `${routerName(project)}-old`
}

/** The name of a router that is to take host ports over, until it has them. */
export function routerNextName(project: string): string {
  return `${routerName(project)}-next`
}

/** The same router as long as somebody else holds its host ports. Its fingerprint says that it is not the one that is wanted. */
export function withoutHostPorts(spec: RouterSpec): RouterSpec {
  return {...spec, bindings: [], fingerprint: `${spec.fingerprint}-without-ports`}
}

/** The backends of the stack. `subnets` are the address ranges of each network, by its name at the engine. */
export function backendsFor(stack: Stack, subnets: ReadonlyMap<string, readonly string[]>): Omit<Backend, 'servers'>[] {
  const routed = routedServices(stack)
  const bindings = listenPorts(routed)
  return routed.flatMap((service) =>
    service.route.ports.map((port) => backendFor({stack, service, port, bindings, subnets})),
  )
}

type RoutedService = Service & {readonly route: Route}

function routedServices(stack: Stack): RoutedService[] {
  return stack.services.filter((service): service is RoutedService => service.route !== undefined)
}

function backendFor(facts: {
  stack: Stack
  service: RoutedService
  port: RoutePort
  bindings: readonly ListenPort[]
  subnets: ReadonlyMap<string, readonly string[]>
}): Omit<Backend, 'servers'> {
  const {port, service, stack} = facts
  const networks = serviceNetworks(stack, service)
  return {
    name: `${service.name}.${port.port}`,
    service: service.name,
    port: port.port,
    target: port.target,
    mode: port.mode,
    proxyProtocol: port.proxyProtocol,
    hostnames: [...new Set(networks.flatMap((network) => routerAliases(service, network.key)))].toSorted(),
    sources: networks.flatMap((network) => facts.subnets.get(network.name) ?? []).toSorted(),
    listens: facts.bindings
      .filter((binding) => binding.service === service.name && binding.port === port.port)
      .map((binding) => binding.listen),
    slots: Math.max(MIN_SLOTS, service.replicas * 3),
  }
}

/** Every network of a routed service, with the names of these services; those in `unnamed` have somebody else answer to theirs. */
export function routerNetworks(stack: Stack, unnamed: ReadonlySet<string> = new Set()): RouterSpec['networks'] {
  const aliases = new Map<string, {name: string; aliases: Set<string>}>()
  for (const service of routedServices(stack)) {
    for (const network of serviceNetworks(stack, service)) {
      const entry = aliases.get(network.key) ?? {name: network.name, aliases: new Set<string>()}
      const names = unnamed.has(service.name) ? [] : routerAliases(service, network.key)
      for (const alias of names) entry.aliases.add(alias)
      aliases.set(network.key, entry)
    }
  }

  return [...aliases.entries()]
    .map(([key, {name, aliases: names}]) => ({key, name, aliases: [...names].toSorted()}))
    .toSorted((left, right) => left.key.localeCompare(right.key))
}

/** The networks of a service: key in the file and name at the engine. */
function serviceNetworks(stack: Stack, service: Service): {key: string; name: string}[] {
  return networkKeys(service, stack).map((key) => ({
    key,
    name: stack.networks.find((network) => network.key === key)?.name ?? `${stack.project}_${key}`,
  }))
}

interface ListenPort extends PortBinding {
  readonly service: string
  readonly port: number
}

function portBindings(routed: readonly RoutedService[]): PortBinding[] {
  return listenPorts(routed).map(({listen, hostIp, hostPort}) => ({listen, hostIp, hostPort}))
}

function listenPorts(routed: readonly RoutedService[]): ListenPort[] {
  const published = routed.flatMap((service) =>
    service.route.ports.flatMap((port) =>
      port.published.map((host) => ({service: service.name, port: port.port, ...host})),
    ),
  )
  return published.map((port, index) => ({...port, listen: FIRST_LISTEN + index}))
}
