/** Where a replica goes in the table of a router, and which one may not leave it. Pure. */
import type {PlacedServer, RouterTable} from './table.js'

import {AtRiskError, EngineError} from '../errors.js'
import {backendsOf, publishedContainers, withServer} from './table.js'

export interface Publication {
  readonly service: string
  readonly container: string
  readonly address: string
}

export interface Removal {
  readonly service: string
  readonly container: string
  readonly allowEmpty: boolean
}

export interface PlacementFacts {
  /** In flight, by `<backend>/<slot>`. */
  readonly sessions: ReadonlyMap<string, number>
  /** Where replicas listened that served before, by `<backend>/<container>`. */
  readonly portsBefore: ReadonlyMap<string, number>
}

/** The table with the container in a free slot of each backend of its service. */
export function withReplica(
  before: RouterTable,
  {container, service}: {service: string; container: string},
  {portsBefore, sessions}: PlacementFacts,
): RouterTable {
  const backends = backendsOf(before, service)
  if (backends.length === 0) throw new EngineError(`the router knows no service "${service}"`)
  let table = before
  for (const {name, slots} of backends) {
    const busy = new Set(
      Array.from({length: slots}, (_, index) => index + 1).filter((slot) => (sessions.get(`${name}/${slot}`) ?? 0) > 0),
    )
    const placed = withServer(table, {backend: name, container, busy, port: portsBefore.get(`${name}/${container}`)})
    if (placed === undefined)
      throw new EngineError(`the router has no free slot for ${container} in ${name} (${slots} slots)`)
    table = placed.table
  }

  return table
}

/** The floor: the last published replica of a service stays, unless emptying was asked for. */
export function refuseToEmpty(table: RouterTable, service: string, container: string): void {
  const others = publishedContainers(table, service).filter((name) => name !== container)
  if (others.length > 0) return
  throw new AtRiskError(`${container} is the last published replica of ${service} and stays published`)
}

export function isOf(service: string, container: string): (server: PlacedServer) => boolean {
  return (server) => server.service === service && server.container === container
}
