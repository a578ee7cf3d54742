/**
 * Counts what new replicas answer, beside what the old ones do. One per run: however many replicas are watched, the router
 * is asked once.
 */
import type {RouterControl} from './control.js'
import type {Counters} from './counters.js'
import type {Backend} from './table.js'

import {StackError} from '../errors.js'
import {sumOf, tallyOf, verdictOn} from './error-rule.js'
import {backendsOf} from './table.js'

/** As long as a reading is this fresh it serves for every replica that is watched. */
const FRESH_MS = 200

export class ErrorWatch {
  readonly #control: RouterControl
  /** What the counters were when each watched replica was published. */
  readonly #before = new Map<string, Counters>()
  #reading: {at: number; counters: Promise<Counters>} | undefined

  constructor(control: RouterControl) {
    this.#control = control
  }

  /**
   * Why this replica answers too badly to go on; undefined while it does not, and also when the router cannot be asked:
   * no news is not bad news, and whether the router works is seen elsewhere. The replica counts as new from the first call.
   */
  async verdict(replica: {service: string; container: string}): Promise<string | undefined> {
    try {
      return await this.#judge(replica)
    } catch (error) {
      if (error instanceof StackError) return undefined
      throw error
    }
  }

  async #judge({container, service}: {service: string; container: string}): Promise<string | undefined> {
    const table = await this.#control.knownTable()
    const now = await this.#read()
    const before = this.#before.get(container) ?? this.#control.countersAtPublish(container) ?? now
    this.#before.set(container, before)
    for (const backend of backendsOf(table, service)) {
      const reason = this.#judgeOn(backend, {container, before, now})
      if (reason !== undefined) return reason
    }

    return undefined
  }

  /** The larger counters of a worker that has gone say nothing about its successor's, which begin at zero. */
  #judgeOn(
    backend: Backend,
    {before, container, now}: {container: string; before: Counters; now: Counters},
  ): string | undefined {
    const own = backend.servers.find((server) => server.container === container)
    if (own === undefined) return undefined
    const fresh = new Set(backend.servers.filter((server) => this.#before.has(server.container)).map(({slot}) => slot))
    const servers = now.servers.filter((server) => server.backend === backend.name)
    const earlier = before.servers.filter((server) => server.backend === backend.name)
    const base = before.worker === now.worker ? earlier : []
    const tallies = servers.map((server) => ({
      slot: server.slot,
      tally: tallyOf(
        backend.mode,
        server,
        base.find(({slot}) => slot === server.slot),
      ),
    }))
    return verdictOn({
      fresh: sumOf(tallies.filter(({slot}) => slot === own.slot).map(({tally}) => tally)),
      old: sumOf(tallies.filter(({slot}) => !fresh.has(slot)).map(({tally}) => tally)),
      earlier: sumOf(earlier.map((server) => tallyOf(backend.mode, server))),
    })
  }

  async #read(): Promise<Counters> {
    if (this.#reading === undefined || performance.now() - this.#reading.at > FRESH_MS) {
      const reading = {at: Infinity, counters: this.#control.counters()}
      this.#reading = reading
      // One that is still under way serves everybody; how old it is counts from its end.
      await reading.counters.catch(() => {})
      reading.at = performance.now()
    }

    return this.#reading.counters
  }
}
