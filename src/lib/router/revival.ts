/**
 * A router that somebody ended while it was needed is started again: `docker kill` counts as wanted by the engine, whose
 * restart policy then leaves it alone. It comes back with what its file says. Requests of the time without it are lost.
 */
import type {Engine} from '../engine/engine.js'

import {EngineError} from '../errors.js'
import {until} from '../gate/wait.js'

const ANSWER_DEADLINE_MS = 15_000
const POLL_MS = 50

/** Waits until HAProxy answers after a start. Throws EngineError when it does not within 15 s. */
export async function awaitAnswer(answers: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  await until(answers, {
    deadlineMs: ANSWER_DEADLINE_MS,
    pollMs: POLL_MS,
    signal,
    failure: () => new EngineError('the router does not answer', {suggestions: ['stackctl doctor']}),
  })
}

export class Revival {
  readonly #engine: Engine
  readonly #container: string
  readonly #onRevived: () => void
  #underWay: Promise<'revived' | 'alive' | 'gone'> | undefined
  #count = 0

  /** `onRevived` is called each time that the router was started again. */
  constructor(engine: Engine, container: string, onRevived: () => void) {
    this.#engine = engine
    this.#container = container
    this.#onRevived = onRevived
  }

  /** How often it has been brought back; what it was told at run time before that is forgotten. */
  get count(): number {
    return this.#count
  }

  /** Sees to it that the router answers. `gone`: there is no such container. Several callers at once share one start. */
  async attempt(answers: () => Promise<boolean>): Promise<'revived' | 'alive' | 'gone'> {
    this.#underWay ??= this.#bringBack(answers).finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  async #bringBack(answers: () => Promise<boolean>): Promise<'revived' | 'alive' | 'gone'> {
    const state = (await this.#engine.inspectContainer(this.#container))?.State
    if (state === undefined) return 'gone'
    // Between this look and the next it may end as well; then it does not answer.
    const isAnswering = async (): Promise<boolean> => answers().catch(() => false)
    if (state.Running && (await isAnswering())) return 'alive'
    if (!state.Running) await this.#engine.startContainer(this.#container)
    await awaitAnswer(isAnswering)
    this.#count += 1
    this.#onRevived()
    return 'revived'
  }
}
