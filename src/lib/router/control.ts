/**
 * Makes the router follow a table and reads back that it did: publish, unpublish, drain.
 *
 * Publishing writes the file before the running HAProxy is told, taking out tells HAProxy first: so the file names every
 * replica that serves, wherever a process is killed. Changes of one process run one after another; processes exclude each
 * other by the deploy lock.
 */
import type {Engine} from '../engine/engine.js'
import type {Backend, PlacedServer, RouterTable} from './table.js'

import {AtRiskError, EngineError} from '../errors.js'
import {sleep, until} from '../gate/wait.js'
import {parseTable} from './render.js'
import {isUp, RouterRuntime} from './runtime.js'
import {RouterTableFile} from './table-file.js'
import {
  backendsOf,
  publishedContainers,
  serversOf,
  structureOf,
  withBackends,
  withoutServer,
  withServer,
} from './table.js'

const UP_DEADLINE_MS = 15_000
const POLL_MS = 50

export interface DrainResult {
  /** False: the drain timeout ended the wait and `remaining` requests were still in flight. */
  readonly drained: boolean
  readonly remaining: number
  readonly waitedMs: number
}

export interface UnpublishOptions {
  readonly drainTimeoutMs: number
  /** Take the last published replica out as well: scaling to zero, or undoing a first deploy. */
  readonly allowEmpty?: boolean
  readonly signal?: AbortSignal | undefined
}

export class RouterControl {
  readonly #engine: Engine
  readonly #container: string
  readonly #runtime: RouterRuntime
  readonly #file: RouterTableFile
  #queue: Promise<unknown> = Promise.resolve()

  constructor(engine: Engine, container: string) {
    this.#engine = engine
    this.#container = container
    this.#runtime = new RouterRuntime(engine, container)
    this.#file = new RouterTableFile(this.#runtime)
  }

  /** The table as the router's file has it now. */
  async readTable(): Promise<RouterTable> {
    return this.#file.read()
  }

  /** The router was made anew: what was known of it is void. */
  forget(): void {
    this.#file.forget()
  }

  /** Waits until HAProxy answers after a start. */
  async ready(signal?: AbortSignal): Promise<void> {
    await until(() => this.#runtime.answers(), {
      deadlineMs: UP_DEADLINE_MS,
      pollMs: POLL_MS,
      signal,
      failure: () => new EngineError('the router does not answer', {suggestions: ['stackctl doctor']}),
    })
  }

  /**
   * Gives the router exactly these backends. Published servers of those that stay keep serving: no connection is refused and
   * nothing in flight is cut, but connections that idle are closed (docs/architecture.md).
   */
  async configure(wanted: readonly Omit<Backend, 'servers'>[]): Promise<void> {
    await this.#exclusive(async () => {
      const before = await this.#file.known()
      const table = withBackends(before, wanted)
      if (structureOf(before) === structureOf(table)) return
      // A replica that is down already must not stand in the way of the deploy that replaces it.
      const up = (await this.#runtime.serverStates()).filter((state) => state.up)
      await this.#file.write(table)
      await this.#runtime.reload()
      await this.#awaitUp(serversOf(table).filter((server) => up.some((state) => isUp(state, server))))
    })
  }

  /** Lets a container take traffic for its service; returns once the router reports it up on every port. */
  async publish(service: string, container: string, signal?: AbortSignal): Promise<void> {
    const addresses = await this.#reachableAddresses(container)
    const [address] = addresses
    if (address === undefined)
      throw new EngineError(`the router cannot reach ${container}: they share no network, or it does not run`)
    await this.#exclusive(async () => {
      const slots = await this.#place(service, container)
      for (const [backend, slot] of slots) await this.#runtime.setReady({backend, slot, container, address})
    })
    const placed = serversOf(await this.#file.known()).filter(
      (server) => server.service === service && server.container === container,
    )
    await this.#awaitUp(placed, {addresses, signal})
  }

  /** Takes a container out and waits until nothing is in flight to it, or until the timeout. */
  async unpublish(service: string, container: string, options: UnpublishOptions): Promise<DrainResult> {
    const servers = await this.#exclusive(async () => {
      const table = await this.#file.known()
      const found = backendsOf(table, service).flatMap((backend) =>
        backend.servers
          .filter((server) => server.container === container)
          .map((server) => ({backend: backend.name, slot: server.slot})),
      )
      if (found.length === 0) return []
      if (!options.allowEmpty) this.#refuseToEmpty(table, service, container)
      for (const {backend, slot} of found) await this.#runtime.setDrain(backend, slot)
      await this.#file.write(withoutServer(table, service, container))
      return found
    })
    const result = await this.#drained(servers, options)
    for (const {backend, slot} of servers) await this.#runtime.setMaintenance(backend, slot)
    return result
  }

  /** The table, and the container names that the running HAProxy sends traffic to: what is true beside what was written. */
  async observe(): Promise<{table: RouterTable; serving: ReadonlySet<string>}> {
    const {config, states} = await this.#runtime.readBoth()
    const table = parseTable(config)
    const servers = serversOf(table)
    const isServing = (server: PlacedServer): boolean => states.some((state) => isUp(state, server) && !state.draining)
    // A replica serves when it does so on every port of its service.
    const idle = new Set(servers.filter((server) => !isServing(server)).map((server) => server.container))
    return {table, serving: new Set(servers.map((server) => server.container).filter((name) => !idle.has(name)))}
  }

  /** True when every port of a container accepts a connection from here. */
  async canConnect(container: string, ports: readonly number[]): Promise<boolean> {
    const answers = await Promise.all(ports.map((port) => this.#runtime.canConnect(container, port)))
    return answers.every(Boolean)
  }

  /** Writes the table with the container in a free slot of each backend and answers the slots. */
  async #place(service: string, container: string): Promise<Map<string, number>> {
    let table = await this.#file.known()
    const backends = backendsOf(table, service)
    if (backends.length === 0) throw new EngineError(`the router knows no service "${service}"`)
    const sessions = await this.#runtime.sessions()
    const slots = new Map<string, number>()
    for (const backend of backends) {
      const busy = new Set(
        Array.from({length: backend.slots}, (_, index) => index)
          .map((i) => i + 1)
          .filter((slot) => (sessions.get(`${backend.name}/${slot}`) ?? 0) > 0),
      )
      const placed = withServer(table, {backend: backend.name, container, busy})
      if (placed === undefined)
        throw new EngineError(
          `the router has no free slot for ${container} in ${backend.name} (${backend.slots} slots)`,
        )
      table = placed.table
      slots.set(backend.name, placed.slot)
    }

    await this.#file.write(table)
    return slots
  }

  /** Addresses of a container on the networks that the router is on as well. */
  async #reachableAddresses(container: string): Promise<string[]> {
    const [own, theirs] = await Promise.all([
      this.#engine.inspectContainer(this.#container),
      this.#engine.inspectContainer(container),
    ])
    const shared = Object.keys(own?.NetworkSettings.Networks ?? {})
    const endpoints = Object.entries(theirs?.NetworkSettings.Networks ?? {})
    return endpoints
      .filter(([network, endpoint]) => shared.includes(network) && endpoint.IPAddress)
      .map(([, endpoint]) => endpoint.IPAddress)
  }

  /** Waits until each of these servers is up in the running HAProxy, at one of the addresses if they are given. */
  async #awaitUp(
    wanted: readonly PlacedServer[],
    only: {addresses?: readonly string[]; signal?: AbortSignal | undefined} = {},
  ): Promise<void> {
    let missing: string[] = []
    const areAllUp = async (): Promise<boolean> => {
      if (wanted.length === 0) return true
      const states = await this.#runtime.serverStates()
      const isThere = (want: PlacedServer): boolean =>
        states.some((state) => isUp(state, want) && (only.addresses?.includes(state.address) ?? true))
      missing = wanted.filter((want) => !isThere(want)).map((want) => `${want.container} (${want.backend})`)
      return missing.length === 0
    }

    await until(areAllUp, {
      deadlineMs: UP_DEADLINE_MS,
      pollMs: POLL_MS,
      signal: only.signal,
      failure: () =>
        new EngineError(`the router cannot reach ${missing.join(', ')}`, {
          suggestions: ['Does the service listen on its port on all interfaces?'],
        }),
    })
  }

  /** The floor: the last published replica of a service stays, unless emptying was asked for. */
  #refuseToEmpty(table: RouterTable, service: string, container: string): void {
    const others = publishedContainers(table, service).filter((name) => name !== container)
    if (others.length > 0) return
    throw new AtRiskError(`${container} is the last published replica of ${service} and stays published`)
  }

  async #drained(servers: readonly {backend: string; slot: number}[], options: UnpublishOptions): Promise<DrainResult> {
    const started = performance.now()
    let remaining = await this.#sessionsOn(servers)
    while (remaining > 0 && performance.now() - started < options.drainTimeoutMs) {
      await sleep(POLL_MS, options.signal)
      remaining = await this.#sessionsOn(servers)
    }

    return {drained: remaining === 0, remaining, waitedMs: Math.round(performance.now() - started)}
  }

  async #sessionsOn(servers: readonly {backend: string; slot: number}[]): Promise<number> {
    if (servers.length === 0) return 0
    const sessions = await this.#runtime.sessions()
    return servers.reduce((sum, {backend, slot}) => sum + (sessions.get(`${backend}/${slot}`) ?? 0), 0)
  }

  /** Runs changes of the table one after another. */
  async #exclusive<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(change)
    // The next change runs whether this one failed or not.
    this.#queue = turn.catch(() => {})
    return turn
  }
}
