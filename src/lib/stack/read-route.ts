import type {ComposePort, ComposeService} from './compose-types.js'
import type {RouteExtension, RoutePortExtension} from './extension.js'
import type {PublishedPort, Route, RoutePort, Service} from './model.js'

/** Which services the router serves, on which ports (DESIGN §5). */
import {ConfigError} from '../errors.js'

export interface RouteFacts {
  readonly name: string
  readonly compose: ComposeService
  readonly replicas: number
  readonly sharesWritableVolume: boolean
}

const DEFAULT_DRAIN_MS = 30_000

/** The route of a service: as `x-stackctl.route` says, else where standard words ask for one and nothing forbids it. */
export function readRoute(facts: RouteFacts, extension: RouteExtension | false | undefined): Route | undefined {
  if (extension) return explicitRoute(facts, extension)
  const obstacle = extension === false ? 'x-stackctl.route is false' : obstacleTo(facts)
  if (obstacle === undefined) return wantsRoute(facts) ? routeOn(facts, singlePort(facts), DEFAULT_DRAIN_MS) : undefined
  const port = fixedHostPort(facts.compose, facts.replicas)
  if (facts.replicas > 1 && port !== undefined) throw cannotShare(facts, port, obstacle)
  return undefined
}

/** Refuses routes that the one router of a stack could not tell apart. */
export function checkRoutes(services: readonly Service[]): void {
  const claims = new Map<string, {service: string; mode: RoutePort['mode']}>()
  for (const {name, route} of services) {
    for (const {port, mode, published} of route?.ports ?? []) {
      const other = claims.get(`inside ${port}`)
      if (other !== undefined && (mode === 'tcp' || other.mode === 'tcp')) throw samePort(port, name, other.service)
      claims.set(`inside ${port}`, {service: name, mode})
      for (const host of published) claimHostPort(host, name, claims)
    }
  }
}

/** The first host port that only one container can have; undefined when every replica can have its own. */
export function fixedHostPort(compose: ComposeService, replicas: number): number | undefined {
  const fixed = (compose.ports ?? []).find((port) => {
    const [first, last] = hostRange(port)
    return first !== 0 && last - first + 1 < Math.max(2, replicas)
  })
  return fixed === undefined ? undefined : hostRange(fixed)[0]
}

/** A name or an address that two containers, the old and the new one, cannot both have. */
export function fixedAddress(compose: ComposeService): string | undefined {
  if (compose.container_name !== undefined) return 'it has a fixed container_name'
  if (compose.mac_address !== undefined) return 'it has a fixed MAC address'
  const pinned = Object.values(compose.networks ?? {}).some(
    (network) => network?.ipv4_address ?? network?.ipv6_address ?? network?.mac_address,
  )
  return pinned ? 'it has a fixed network address' : undefined
}

function explicitRoute(facts: RouteFacts, extension: RouteExtension): Route {
  const forbidden = facts.compose.network_mode === undefined ? fixedAddress(facts.compose) : 'it has a network_mode'
  if (forbidden !== undefined)
    throw new ConfigError(`service "${facts.name}" cannot be routed: ${forbidden}`, {
      suggestions: [`Take it out, or set services.${facts.name}.x-stackctl.route to false.`],
    })
  const ports = extension.ports ?? [{port: extension.port ?? singlePort(facts)}]
  const route = {
    ports: ports.map((port) => routePort(facts, port)),
    drainTimeoutMs: extension['drain-timeout'] ?? DEFAULT_DRAIN_MS,
  }
  const uncovered = (facts.compose.ports ?? []).find(
    (port) => !isTcp(port) || !ports.some((covered) => covered.port === port.target),
  )
  if (uncovered === undefined) return route
  const why = isTcp(uncovered) ? 'its route does not list' : 'cannot be routed because it is not TCP'
  throw new ConfigError(`service "${facts.name}" publishes port ${uncovered.target}, which ${why}`, {
    suggestions: [
      isTcp(uncovered)
        ? `Add port ${uncovered.target} to services.${facts.name}.x-stackctl.route.ports.`
        : 'Move that port to a service of its own.',
    ],
  })
}

function routeOn(facts: RouteFacts, port: number, drainTimeoutMs: number): Route {
  return {ports: [routePort(facts, {port})], drainTimeoutMs}
}

function routePort({compose}: RouteFacts, extension: RoutePortExtension): RoutePort {
  const {port, target = port, mode = 'http', 'proxy-protocol': proxyProtocol = false} = extension
  const published = (compose.ports ?? []).filter((entry) => isTcp(entry) && entry.target === port)
  return {port, target, mode, proxyProtocol, published: published.map(publishedPort)}
}

function publishedPort(port: ComposePort): PublishedPort {
  // Of a range the router takes the first: it publishes once, whatever the number of replicas.
  return {hostIp: port.host_ip ?? '', hostPort: hostRange(port)[0]}
}

function wantsRoute({compose, replicas}: RouteFacts): boolean {
  return replicas > 1 || compose.deploy?.update_config?.order === 'start-first'
}

/** Why standard words alone do not make a service routed. */
function obstacleTo(facts: RouteFacts): string | undefined {
  const {compose, sharesWritableVolume} = facts
  if (compose.network_mode !== undefined) return 'it has a network_mode'
  if (sharesWritableVolume) return 'it writes to a volume that its replicas would share'
  const ports = tcpPorts(compose)
  if (ports.length !== 1)
    return ports.length === 0 ? 'it exposes no TCP port' : `it exposes ${ports.length} TCP ports (${ports.join(', ')})`
  if ((compose.ports ?? []).some((port) => !isTcp(port))) return 'it publishes a port that is not TCP'
  return fixedAddress(compose)
}

function singlePort({name, compose}: RouteFacts): number {
  const [port, ...others] = tcpPorts(compose)
  if (port !== undefined && others.length === 0) return port
  throw new ConfigError(
    `services.${name}.x-stackctl.route names no port, and the service exposes ${others.length === 0 ? 'none' : 'several'}`,
    {
      suggestions: [`Write services.${name}.x-stackctl.route: {port: <port of the container>}.`],
    },
  )
}

/** TCP ports that the compose file exposes or publishes, each once. */
function tcpPorts(compose: ComposeService): number[] {
  const published = (compose.ports ?? []).filter(isTcp).map((port) => port.target)
  const exposed = (compose.expose ?? []).flatMap((entry) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?(?:\/tcp)?$/.exec(String(entry)) ?? []
    return first === undefined
      ? []
      : Array.from({length: Number(last) - Number(first) + 1}, (_, offset) => Number(first) + offset)
  })
  return [...new Set([...published, ...exposed])]
}

function isTcp({protocol}: ComposePort): boolean {
  return protocol === undefined || protocol === 'tcp'
}

/** First and last host port; 0 is any free port. */
function hostRange({published}: ComposePort): [number, number] {
  const [first = '0', last = first] = (published ?? '0').split('-')
  return [Number(first), Number(last)]
}

function cannotShare({name, replicas}: RouteFacts, port: number, obstacle: string): ConfigError {
  return new ConfigError(
    `service "${name}" has ${replicas} replicas and publishes host port ${port}, which only one of them can have; it is not routed: ${obstacle}`,
    {
      suggestions: [
        `Write services.${name}.x-stackctl.route: {port: <port>}, or take the host port out of ports, or set its replicas to 1.`,
      ],
    },
  )
}

function samePort(port: number, service: string, other: string): ConfigError {
  return new ConfigError(
    `services "${other}" and "${service}" are both routed on port ${port}, and not both over HTTP: the router cannot tell them apart`,
    {
      suggestions: [
        `Give one of them another port in x-stackctl.route (port: the one clients use, target: the one it listens on).`,
      ],
    },
  )
}

function claimHostPort(
  {hostIp, hostPort}: PublishedPort,
  service: string,
  claims: Map<string, {service: string; mode: 'http' | 'tcp'}>,
): void {
  if (hostPort === 0) return
  const key = `host ${hostIp}:${hostPort}`
  const other = claims.get(key)
  if (other !== undefined) {
    throw new ConfigError(`services "${other.service}" and "${service}" both publish host port ${hostPort}`, {
      suggestions: ['Publish one of them on another host port.'],
    })
  }

  claims.set(key, {service, mode: 'tcp'})
}
