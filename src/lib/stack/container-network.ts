/** Networks, names and ports. */
import type {ContainerBody, EndpointSettings} from '../engine/engine.js'
import type {ComposeService, ComposeServiceNetwork} from './compose-types.js'
import type {ContainerContext, NetworkConnection} from './container-context.js'
import type {Service, Stack} from './model.js'

import {isOlder} from './compose-run.js'
import {defined, serviceReference} from './fields.js'

type HostConfig = NonNullable<ContainerBody['HostConfig']>

interface NetworkFields {
  readonly config: ContainerBody
  readonly hostConfig: HostConfig
  readonly connect: readonly NetworkConnection[]
}

export function networkFields(service: Service, context: ContainerContext): NetworkFields {
  const {compose} = service
  const mode = serviceReference(compose.network_mode, context.containers)
  const endpoints =
    mode === undefined ? networkKeys(service, context.stack).map((key) => connection(key, service, context)) : []
  const [first, ...rest] = endpoints
  const takesOne = isOlder(context.apiVersion, '1.44')
  const atCreate = takesOne ? endpoints.slice(0, 1) : endpoints
  return {
    config: defined({
      ExposedPorts: exposedPorts(compose),
      MacAddress: takesOne ? macAddress(service, context.stack) : undefined,
      NetworkingConfig: first && {
        EndpointsConfig: Object.fromEntries(atCreate.map(({network, endpoint}) => [network, endpoint])),
      },
    }),
    hostConfig: defined({
      NetworkMode: mode ?? first?.network ?? 'none',
      PortBindings: (context.publishPorts ? portBindings(compose) : undefined) as object | undefined,
      Dns: copy(compose.dns),
      DnsOptions: copy(compose.dns_opt),
      DnsSearch: copy(compose.dns_search),
      // `name=address` is the spelling of docker compose, `name:address` that of the engine.
      ExtraHosts: compose.extra_hosts?.map((entry) => entry.replace('=', ':')),
    }),
    connect: takesOne ? rest : [],
  }
}

/** Networks of a service, the main one first: by priority, then one that reaches outside, then by name. */
export function networkKeys({compose}: Service, stack: Stack): string[] {
  const networks = compose.networks ?? {default: null}
  const isInternal = (key: string) => Number(stack.networks.find((network) => network.key === key)?.internal ?? false)
  return Object.keys(networks).toSorted(
    (a, b) =>
      (networks[b]?.priority ?? 0) - (networks[a]?.priority ?? 0) || isInternal(a) - isInternal(b) || (a < b ? -1 : 1),
  )
}

/** The names that a service goes by on a network: its own, those of `aliases` and those of `links`. The router takes them for a routed service. */
export function routerAliases(service: Service, networkKey: string): string[] {
  return [
    ...new Set([
      service.name,
      ...(service.compose.networks?.[networkKey]?.aliases ?? []),
      ...(service.linkAliases ?? []),
    ]),
  ]
}

function connection(key: string, service: Service, context: ContainerContext): NetworkConnection {
  const settings = service.compose.networks?.[key] ?? {}
  const endpoint = defined({
    Aliases: [context.name, ...(context.serviceAlias ? routerAliases(service, key) : [])],
    Links: externalLinks(service.compose),
    IPAMConfig: addresses(settings),
    // Engines before API 1.44 take one address, at the container (`config.MacAddress`).
    MacAddress: isOlder(context.apiVersion, '1.44') ? undefined : endpointMac(key, service, context.stack),
    DriverOpts: driverOptions(settings),
    GwPriority: settings.gw_priority,
  })
  const network =
    context.stack.networks.find((candidate) => candidate.key === key)?.name ?? `${context.stack.project}_${key}`
  return {network, endpoint: endpoint}
}

function addresses(settings: ComposeServiceNetwork): EndpointSettings['IPAMConfig'] {
  const {ipv4_address: IPv4Address, ipv6_address: IPv6Address, link_local_ips: linkLocal} = settings
  const ipam = defined({IPv4Address, IPv6Address, LinkLocalIPs: copy(linkLocal)})
  return Object.keys(ipam).length === 0 ? undefined : ipam
}

function driverOptions({
  driver_opts: options,
  interface_name: name,
}: ComposeServiceNetwork): Record<string, string> | undefined {
  if (name === undefined) return options && {...options}
  return {...options, 'com.docker.network.endpoint.ifname': name}
}

/** Links to containers outside the stack; those to services are aliases (`Service.linkAliases`). */
function externalLinks({external_links: links}: ComposeService): string[] | undefined {
  return links?.map((link) => (link.includes(':') ? link : `${link}:${link}`))
}

function endpointMac(key: string, service: Service, stack: Stack): string | undefined {
  const [main] = networkKeys(service, stack)
  return key === main ? macAddress(service, stack) : service.compose.networks?.[key]?.mac_address
}

function macAddress(service: Service, stack: Stack): string | undefined {
  const [main = 'default'] = networkKeys(service, stack)
  return service.compose.networks?.[main]?.mac_address ?? service.compose.mac_address
}

function exposedPorts({expose = [], ports = []}: ComposeService): Record<string, object> | undefined {
  const exposed = [
    ...expose.flatMap((entry) => expandPorts(String(entry))),
    ...ports.map(({target, protocol = 'tcp'}) => `${target}/${protocol}`),
  ]
  return exposed.length === 0 ? undefined : Object.fromEntries(exposed.map((port) => [port, {}]))
}

/** `3000`, `53/udp` or `4000-4010/tcp` as the engine's port names. */
function expandPorts(entry: string): string[] {
  const [range = '', protocol = 'tcp'] = entry.split('/')
  const [first = 0, last = first] = range.split('-').map(Number)
  return Array.from({length: last - first + 1}, (_, offset) => `${first + offset}/${protocol}`)
}

function portBindings({ports}: ComposeService): HostConfig['PortBindings'] {
  if (ports === undefined) return undefined
  const bindings: Record<string, {HostIp: string; HostPort: string}[]> = {}
  for (const {target, protocol = 'tcp', host_ip: hostIp = '', published = ''} of ports) {
    const key = `${target}/${protocol}`
    bindings[key] = [...(bindings[key] ?? []), {HostIp: hostIp, HostPort: published}]
  }

  return bindings
}

function copy(list: readonly string[] | undefined): string[] | undefined {
  return list && [...list]
}
