/**
 * Makes the router follow a table and reads back that it did: publish, unpublish, drain.
 *
 * Publishing writes the file before the running HAProxy is told, taking out tells HAProxy first: so the file names every
 * replica that serves, wherever a process is killed. Changes of one process run one after another; processes exclude each
 * other by the deploy lock.
 */
import type {Engine} from '../engine/engine.js'
import type {Counters} from './counters.js'
import type {DrainResult} from './server-wait.js'
import type {Backend, ObservedTable, PlacedServer, RouterTable} from './table.js'

import {EngineError} from '../errors.js'
import {RouterAddresses} from './addresses.js'
import {attempt, Batch, type Outcome} from './batch.js'
import {isOf, type Publication, refuseToEmpty, type Removal, withReplica} from './placement.js'
import {parseTable, structureHash} from './render.js'
import {awaitAnswer, Revival} from './revival.js'
import {RouterRuntime} from './runtime.js'
import {isUp, type ServerState} from './server-state.js'
import {awaitDrained, awaitUp} from './server-wait.js'
import {RouterShell} from './shell.js'
import {RouterTableFile} from './table-file.js'
import {serversOf, structureOf, withBackends, withoutServer} from './table.js'

export interface UnpublishOptions {
  readonly drainTimeoutMs: number
  /** Take the last published replica out as well: scaling to zero, or undoing a first deploy. */
  readonly allowEmpty?: boolean
  readonly signal?: AbortSignal | undefined
}

export class RouterControl {
  readonly #addresses: RouterAddresses
  readonly #revival: Revival | undefined
  readonly #shell: RouterShell | undefined
  readonly #runtime: RouterRuntime
  readonly #file: RouterTableFile
  /** Of replicas that this process took out, by backend and container: one that comes back listens where it did. */
  readonly #portsBefore = new Map<string, number>()
  readonly #atPublish = new Map<string, Counters>()
  readonly #publishes = new Batch<Publication, void>(
    (work) => this.#exclusive(work),
    (changes) => this.#publishAll(changes),
  )

  readonly #removals = new Batch<Removal, PlacedServer[]>(
    (work) => this.#exclusive(work),
    (changes) => this.#takeOutAll(changes),
  )

  #queue: Promise<unknown> = Promise.resolve()

  /**
   * For one question. With `onRevived` for a whole run, which has to `close` it: commands share a shell in the container,
   * and a router that was ended meanwhile is started again when it is needed, and that is called.
   */
  constructor(engine: Engine, container: string, onRevived?: () => void) {
    this.#addresses = new RouterAddresses(engine, container)
    this.#revival = onRevived && new Revival(engine, container, onRevived)
    this.#shell = onRevived && new RouterShell(engine, container)
    this.#runtime = new RouterRuntime(engine, container, {revival: this.#revival, shell: this.#shell})
    this.#file = new RouterTableFile(this.#runtime)
  }

  /** The table as the router's file has it now. */
  async readTable(): Promise<RouterTable> {
    return this.#file.read()
  }

  /** The same, without asking again what this process read or wrote last. */
  async knownTable(): Promise<RouterTable> {
    return this.#file.known()
  }

  /** What the running HAProxy has counted for each server. */
  async counters(): Promise<Counters> {
    return this.#runtime.counters()
  }

  /** The counters just before this container was given its slot by this process. */
  countersAtPublish(container: string): Counters | undefined {
    return this.#atPublish.get(container)
  }

  /** The router was made anew: what was known of it is void. */
  forget(): void {
    this.#file.forget()
    this.#shell?.forget()
  }

  /** Leaves nothing open. It can still be used, at a higher price. */
  close(): void {
    this.#shell?.close()
  }

  /** Waits until HAProxy answers after a start. */
  async ready(signal?: AbortSignal): Promise<void> {
    await awaitAnswer(() => this.#runtime.answers(), signal)
  }

  /**
   * Gives the router exactly these backends. Published servers of those that stay keep serving: no connection is refused and
   * nothing in flight is cut, but connections that idle are closed (docs/architecture.md).
   */
  async configure(wanted: readonly Omit<Backend, 'servers'>[]): Promise<void> {
    await this.#exclusive(async () => {
      const before = await this.#file.known()
      const table = withBackends(before, wanted)
      const isTaken = (await this.#runtime.structure()) === structureHash(table)
      if (isTaken && structureOf(before) === structureOf(table)) return
      if (isTaken) return this.#file.write(table)
      const up = await this.#addresses.reachable(await this.#runtime.serverStates())
      await this.#file.write(table)
      await this.#runtime.reload()
      await awaitUp(
        this.#runtime,
        serversOf(table).filter((server) => up.some((state) => isUp(state, server))),
      )
    })
  }

  /** Lets a container take traffic for its service; returns once the router reports it up on every port. */
  async publish(service: string, container: string, signal?: AbortSignal): Promise<void> {
    const addresses = await this.#addresses.shared(container)
    const [address] = addresses
    if (address === undefined)
      throw new EngineError(`the router cannot reach ${container}: they share no network, or it does not run`)
    await this.#publishes.add({service, container, address})
    const placed = await this.#serversOf(service, container)
    await awaitUp(this.#runtime, placed, {addresses, signal})
  }

  /** Takes a container out and waits until nothing is in flight to it, or until the timeout. */
  async unpublish(service: string, container: string, options: UnpublishOptions): Promise<DrainResult> {
    await this.#removals.add({service, container, allowEmpty: options.allowEmpty ?? false})
    const servers = await this.#slotsOf(container)
    const result = await awaitDrained(this.#runtime, servers, options)
    for (const {backend, slot} of servers) await this.#runtime.setMaintenance(backend, slot)
    return result
  }

  /**
   * Every slot of the running HAProxy that leads to a container, those of before it was published again or of a drain that
   * was cut short too: what is in flight through them is in flight.
   */
  async #slotsOf(container: string): Promise<ServerState[]> {
    return (await this.#runtime.serverStates()).filter((state) => state.container === container)
  }

  /** The table, and the container names that the running HAProxy sends traffic to: what is true beside what was written. */
  async observe(): Promise<ObservedTable> {
    const {config, states, structure} = await this.#runtime.readBoth()
    const table = parseTable(config)
    const servers = serversOf(table)
    const isServing = (server: PlacedServer): boolean => states.some((state) => isUp(state, server) && !state.draining)
    // A replica serves when it does so on every port of its service.
    const idle = new Set(servers.filter((server) => !isServing(server)).map((server) => server.container))
    const serving = new Set(servers.map((server) => server.container).filter((name) => !idle.has(name)))
    const leaving = new Set(states.filter(({draining, up}) => draining && up).map(({container}) => container))
    return {table, serving, leaving, upToDate: structure === structureHash(table)}
  }

  /** True when every port of a container accepts a connection from here. */
  async canConnect(container: string, ports: readonly number[]): Promise<boolean> {
    const answers = await Promise.all(ports.map((port) => this.#runtime.canConnect(container, port)))
    return answers.every(Boolean)
  }

  /** One file for all of them; then the running HAProxy is told of each. */
  async #publishAll(changes: readonly Publication[]): Promise<Outcome<void>[]> {
    let table = await this.#file.known()
    const {counters, sessions} = await this.#runtime.usage()
    const placed = changes.map((change) =>
      attempt(() => {
        table = withReplica(table, change, {sessions, portsBefore: this.#portsBefore})
      }),
    )
    if (placed.every((outcome) => 'error' in outcome)) return placed
    await this.#file.write(table)
    return Promise.all(
      placed.map(async (outcome, index) => {
        const change = changes[index]
        return 'error' in outcome || change === undefined ? outcome : this.#letIn(change, counters)
      }),
    )
  }

  async #letIn({address, container, service}: Publication, counters: Counters): Promise<Outcome<void>> {
    this.#atPublish.set(container, counters)
    try {
      for (const server of await this.#serversOf(service, container)) await this.#runtime.setReady({...server, address})
      return {value: undefined}
    } catch (error) {
      return {error}
    }
  }

  /** HAProxy is told first, then one file is written for all of them. */
  async #takeOutAll(changes: readonly Removal[]): Promise<Outcome<PlacedServer[]>[]> {
    let table = await this.#file.known()
    const outcomes = changes.map(({allowEmpty, container, service}) =>
      attempt(() => {
        const found = serversOf(table).filter(isOf(service, container))
        if (found.length === 0) return found
        if (!allowEmpty) refuseToEmpty(table, service, container)
        for (const {backend, port} of found) this.#portsBefore.set(`${backend}/${container}`, port)
        table = withoutServer(table, service, container)
        return found
      }),
    )
    const servers = outcomes.flatMap((outcome) => ('value' in outcome ? outcome.value : []))
    if (servers.length > 0) await this.#takeOut(servers, table)
    return outcomes
  }

  /** Where a container is placed, on every port of its service. */
  async #serversOf(service: string, container: string): Promise<PlacedServer[]> {
    return serversOf(await this.#file.known()).filter(isOf(service, container))
  }

  /** A router that had to be started again in between has forgotten what to drain; it read the old file. */
  async #takeOut(servers: readonly PlacedServer[], table: RouterTable): Promise<void> {
    let revivals: number | undefined
    do {
      revivals = this.#revival?.count
      for (const {backend, slot} of servers) await this.#runtime.setDrain(backend, slot)
      await this.#file.write(table)
    } while (this.#revival?.count !== revivals)
  }

  /** Runs changes of the table one after another. */
  async #exclusive<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(change)
    // The next change runs whether this one failed or not.
    this.#queue = turn.catch(() => {})
    return turn
  }
}
