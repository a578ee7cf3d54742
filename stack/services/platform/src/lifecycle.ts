import type {ServerResponse} from 'node:http'

import {setTimeout as delay} from 'node:timers/promises'

const POLL_MS = 25
// A client that took an idle connection from its pool just now still gets its answer.
const MIN_LAME_DUCK_MS = 250
const MAX_LAME_DUCK_MS = 5000

/** What a process knows about its own end: whether it is stopping, and how many answers it still owes. */
export class Lifecycle {
  readonly #stop = new AbortController()
  #inFlight = 0

  /** Aborted when the process begins to stop: event streams end themselves on it. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get stopping(): boolean {
    return this.#stop.signal.aborted
  }

  /** Counts an answer as owed until its connection is done with it, in whatever way. */
  track(response: ServerResponse): void {
    this.#inFlight += 1
    response.once('close', () => {
      this.#inFlight -= 1
    })
  }

  /** Begins the end. Resolves when nothing is owed any more, or new work keeps coming for too long. */
  async lameDuck(): Promise<void> {
    const startedAt = Date.now()
    this.#stop.abort()
    await delay(MIN_LAME_DUCK_MS)
    while (this.#inFlight > 0 && Date.now() - startedAt < MAX_LAME_DUCK_MS) await delay(POLL_MS)
  }
}
