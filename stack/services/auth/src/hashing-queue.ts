import {AppError} from '@shop/platform'

const MAX_RUNNING = 2
// More would wait longer than the gateway does for an answer.
const MAX_WAITING = 50

/**
 * Lets a few hashes run at a time. Each takes 16 MiB and a CPU for a tenth of a second: without a bound, a burst of
 * logins would take the container's memory, and a longer one would make everybody wait without end.
 */
export class HashingQueue {
  readonly #waiting: (() => void)[] = []
  #running = 0

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#enter()
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < MAX_RUNNING) {
      this.#running += 1
      return
    }
    if (this.#waiting.length >= MAX_WAITING) {
      throw new AppError({status: 503, code: 'unavailable', message: 'too many logins at once; try again soon'})
    }
    const turn = Promise.withResolvers<void>()
    this.#waiting.push(turn.resolve)
    await turn.promise
  }

  /** The place of who leaves goes to the next in line, without ever being free for somebody else. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running -= 1
  }
}
