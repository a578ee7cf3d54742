/** Guards: operations that run beside the steps, each from the success of its step until the point of no return. */
import type {Step} from '../plan/plan.js'
import type {Perform} from './execute.js'

export interface GuardsOptions {
  readonly perform: Perform
  /** Told once per guard that failed; the guard has not ended before this has. */
  readonly onFailure: (step: Step, error: unknown) => Promise<void>
}

export class Guards {
  readonly #options: GuardsOptions
  readonly #open = new Map<Step, AbortController>()
  readonly #watching = new Set<Promise<void>>()
  #closed = false

  constructor(options: GuardsOptions) {
    this.#options = options
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Starts the guard of a step that has succeeded, if it has one. */
  watch(step: Step): void {
    if (step.guard === undefined || this.#closed) return
    const controller = new AbortController()
    this.#open.set(step, controller)
    const watching = this.#run(step, controller.signal).finally(() => {
      this.#open.delete(step)
      this.#watching.delete(watching)
    })
    this.#watching.add(watching)
  }

  /** Ends all guards, and returns when the last one, and what its failure led to, has come to its end. */
  async close(): Promise<void> {
    this.#closed = true
    for (const controller of this.#open.values()) controller.abort(new Error('the guard has ended'))
    await Promise.all(this.#watching)
  }

  async #run(step: Step, signal: AbortSignal): Promise<void> {
    if (step.guard === undefined) return
    try {
      await this.#options.perform(step.guard, {signal, progress: () => {}})
    } catch (error) {
      if (!signal.aborted) await this.#options.onFailure(step, error)
    }
  }
}
