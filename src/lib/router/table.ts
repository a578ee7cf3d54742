/**
 * What the router serves, as data: one backend per (service, port), one server per published replica.
 * Pure functions only; `control.ts` makes the router follow a table, `render.ts` writes it as an HAProxy configuration.
 */

export interface RouterTable {
  readonly version: 1
  /** Sorted by name. */
  readonly backends: readonly Backend[]
}

export interface Backend {
  /** `<service>.<port>`: unique, and the name of the HAProxy proxy. */
  readonly name: string
  readonly service: string
  /** The port that clients inside the networks use. */
  readonly port: number
  /** The port of the replicas. */
  readonly target: number
  readonly mode: 'http' | 'tcp'
  readonly proxyProtocol: boolean
  /** Names by which clients call the service; they decide when two services share a port. */
  readonly hostnames: readonly string[]
  /** Address ranges that may connect to `port`: those of the service's own networks. */
  readonly sources: readonly string[]
  /** Ports inside the router that the engine publishes on the host. */
  readonly listens: readonly number[]
  /** How many replicas, old and new together, have room. */
  readonly slots: number
  readonly servers: readonly Server[]
}

export interface Server {
  /** 1-based; the HAProxy server `s<slot>`. */
  readonly slot: number
  /** Container name, which the engine's DNS resolves. */
  readonly container: string
  /** Its own port: that of its release, also when the next one listens elsewhere. In older tables the backend's target. */
  readonly port?: number
}

/** A table beside what the running HAProxy makes of it. */
export interface ObservedTable {
  readonly table: RouterTable
  /** Containers that it sends traffic to. */
  readonly serving: ReadonlySet<string>
  /** Containers that were taken out and not waited for to the end: the run that did it was cut short. */
  readonly leaving: ReadonlySet<string>
  readonly upToDate: boolean
}

export const EMPTY_TABLE: RouterTable = {version: 1, backends: []}

/** The backends of one service: one for each port it is routed on. */
export function backendsOf(table: RouterTable, service: string): readonly Backend[] {
  return table.backends.filter((backend) => backend.service === service)
}

/** Container names that are published for a service. */
export function publishedContainers(table: RouterTable, service: string): readonly string[] {
  const names = backendsOf(table, service).flatMap((backend) => backend.servers.map((server) => server.container))
  return [...new Set(names)]
}

/** The same table with other backends; servers of backends that stay are kept, each with the port that it has. */
export function withBackends(table: RouterTable, wanted: readonly Omit<Backend, 'servers'>[]): RouterTable {
  const backends = wanted
    .map((backend) => {
      const before = table.backends.find((candidate) => candidate.name === backend.name)
      const servers = before === undefined ? [] : withOwnPorts(before)
      const highest = Math.max(0, ...servers.map((server) => server.slot))
      return {...backend, slots: Math.max(backend.slots, before?.slots ?? 0, highest), servers}
    })
    .toSorted((left, right) => left.name.localeCompare(right.name))
  return {version: 1, backends}
}

/**
 * The same table with `container` in a slot of one backend. `busy` slots still carry sessions of a replica that left;
 * `port` is that of a replica that served before and comes back.
 */
export function withServer(
  table: RouterTable,
  placement: {backend: string; container: string; busy: ReadonlySet<number>; port?: number | undefined},
): {table: RouterTable; slot: number} | undefined {
  const backend = table.backends.find((candidate) => candidate.name === placement.backend)
  if (backend === undefined) return undefined
  const present = backend.servers.find((server) => server.container === placement.container)
  if (present) return {table, slot: present.slot}
  const slot = freeSlot(backend, placement.busy)
  if (slot === undefined) return undefined
  const server: Server = {slot, container: placement.container, port: placement.port ?? backend.target}
  const servers = [...backend.servers, server].toSorted((a, b) => a.slot - b.slot)
  return {table: replaceBackend(table, {...backend, servers}), slot}
}

/** The same table without `container`. */
export function withoutServer(table: RouterTable, service: string, container: string): RouterTable {
  const backends = table.backends.map((backend) =>
    backend.service === service
      ? {...backend, servers: backend.servers.filter((server) => server.container !== container)}
      : backend,
  )
  return {...table, backends}
}

/** Two tables with equal structure differ in their servers only. */
export function structureOf(table: RouterTable): string {
  return JSON.stringify(table.backends.map(({servers: _servers, ...structure}) => structure))
}

/** What of a structure takes a reload to change: the port that the next replicas will have does not, each server has its own. */
export function fixedStructureOf(table: RouterTable): string {
  return JSON.stringify(table.backends.map(({servers: _servers, target: _target, ...structure}) => structure))
}

function withOwnPorts({servers, target}: Backend): Required<Server>[] {
  return servers.map((server) => ({...server, port: server.port ?? target}))
}

function freeSlot(backend: Backend, busy: ReadonlySet<number>): number | undefined {
  const taken = new Set(backend.servers.map((server) => server.slot))
  for (let slot = 1; slot <= backend.slots; slot += 1) {
    if (!taken.has(slot) && !busy.has(slot)) return slot
  }

  return undefined
}

function replaceBackend(table: RouterTable, backend: Backend): RouterTable {
  const backends = table.backends.map((candidate) => (candidate.name === backend.name ? backend : candidate))
  return {...table, backends}
}

/** A server with the names of where it stands. */
export interface PlacedServer {
  readonly backend: string
  readonly service: string
  readonly slot: number
  readonly container: string
  readonly port: number
}

/** Every server of a table. */
export function serversOf(table: RouterTable): PlacedServer[] {
  return table.backends.flatMap((backend) =>
    withOwnPorts(backend).map(({container, port, slot}) => ({
      backend: backend.name,
      service: backend.service,
      slot,
      container,
      port,
    })),
  )
}
