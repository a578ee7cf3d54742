/** Changes that wait for their turn at the same time are made in one go, in the order in which they came. */

export type Outcome<R> = {readonly value: R} | {readonly error: unknown}

interface Waiting<T, R> {
  readonly change: T
  readonly resolve: (value: R) => void
  readonly reject: (error: unknown) => void
}

export class Batch<T, R> {
  readonly #inTurn: (work: () => Promise<void>) => Promise<void>
  readonly #make: (changes: readonly T[]) => Promise<readonly Outcome<R>[]>
  #waiting: Waiting<T, R>[] = []

  /** `inTurn` runs a piece of work when nothing else does. `make` answers one outcome per change; what it throws is that of all. */
  constructor(
    inTurn: (work: () => Promise<void>) => Promise<void>,
    make: (changes: readonly T[]) => Promise<readonly Outcome<R>[]>,
  ) {
    this.#inTurn = inTurn
    this.#make = make
  }

  async add(change: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({change, resolve, reject})
      // Whose turn comes first takes the others along.
      void this.#inTurn(() => this.#makeWaiting())
    })
  }

  async #makeWaiting(): Promise<void> {
    const taken = this.#waiting
    this.#waiting = []
    if (taken.length === 0) return
    try {
      const outcomes = await this.#make(taken.map(({change}) => change))
      for (const [index, {reject, resolve}] of taken.entries()) {
        const outcome = outcomes[index]
        if (outcome && 'value' in outcome) resolve(outcome.value)
        else reject(outcome?.error)
      }
    } catch (error) {
      for (const {reject} of taken) reject(error)
    }
  }
}

/** The outcome of one change that can fail by itself. */
export function attempt<R>(change: () => R): Outcome<R> {
  try {
    return {value: change()}
  } catch (error) {
    return {error}
  }
}
