/** Runs an undo plan. A failure does not end it unless the plan says so: the rest of what served before comes back. */
import type {Plan, Step} from '../plan/plan.js'

import {answerToUndo} from '../plan/failure.js'
import {formatStep} from '../plan/format.js'
import {type Carriage, carryOut, messageOf, scopeOf, summaryOf} from './carry.js'

/** Steps that were cancelled and are still under way, with what ends when they do. */
export type InFlight = ReadonlyMap<Step, Promise<void>>

/** Answers what could not be taken back, one sentence each. The signal that ended the run does not end this. */
export async function takeBack(carriage: Carriage, undo: Plan, inFlight: InFlight): Promise<string[]> {
  const run = new UndoRun(carriage, undo, inFlight)
  return run.toEnd()
}

class UndoRun {
  readonly #carriage: Carriage
  readonly #undo: Plan
  readonly #inFlight: InFlight
  readonly #waiting: Set<Step>
  readonly #running = new Set<Promise<void>>()
  /** Over, whether they succeeded or not. */
  readonly #ended = new Set<string>()
  readonly #succeeded = new Set<string>()
  /** Old replicas that did not come back. */
  readonly #lost = new Set<string>()
  readonly #problems: string[] = []
  #stopped = false

  constructor(carriage: Carriage, undo: Plan, inFlight: InFlight) {
    this.#carriage = carriage
    this.#undo = undo
    // Steps leave it as they end; what is asked later is about those that were under way at first.
    this.#inFlight = new Map(inFlight)
    this.#waiting = new Set(undo.steps)
  }

  async toEnd(): Promise<string[]> {
    do {
      this.#startReady()
      if (this.#running.size > 0) await Promise.race(this.#running)
    } while (this.#running.size > 0 || this.#ready().length > 0)
    for (const step of this.#waiting) this.#skip(step, 'an earlier step of taking back failed')
    await Promise.all(this.#inFlight.values())
    return this.#problems
  }

  /** All at once: one that drains must not hold up one that brings an old replica back. */
  #startReady(): void {
    for (const step of this.#ready()) {
      this.#waiting.delete(step)
      const running = this.#runStep(step).finally(() => {
        this.#running.delete(running)
      })
      this.#running.add(running)
    }
  }

  #ready(): Step[] {
    if (this.#stopped) return []
    return [...this.#waiting].filter((step) => step.needs.every((need) => this.#ended.has(need)))
  }

  async #runStep(step: Step): Promise<void> {
    const concerned = [...this.#inFlight].filter(([other]) => concerns(other, step))
    await Promise.all(concerned.map(([, end]) => end))
    const isSafe = step.onlyIf === undefined || step.onlyIf.some((id) => this.#succeeded.has(id))
    if (isSafe) await this.#carryOut(step)
    else this.#skip(step, 'it would take away what serves')
    this.#ended.add(step.id)
  }

  async #carryOut(step: Step): Promise<void> {
    const {signal} = new AbortController()
    const carried = await carryOut(this.#carriage, step, {signal, phase: 'undo'})
    if (carried.ok) this.#succeeded.add(step.id)
    else this.#failed(step, carried.error)
  }

  #failed(step: Step, error: unknown): void {
    if (step.lane !== undefined) this.#lost.add(step.lane)
    const answer = answerToUndo(this.#undo, step, this.#lost)
    const message = `${formatStep(step)}: ${messageOf(error)}`
    if (answer === 'tolerate') {
      this.#carriage.emit({type: 'warning', code: 'W_GIVEN_UP', message: `not taken back: ${message}`})
      return
    }

    this.#problems.push(message)
    if (answer === 'stop') this.#stopped = true
  }

  #skip(step: Step, reason: string): void {
    this.#carriage.emit({type: 'step-skipped', step: summaryOf(step, 'undo'), reason, ...scopeOf(step, 'undo')})
  }
}

/** True when a step has to wait for another one that is still under way: of its own service, or about the foundations. */
function concerns(other: Step, {service}: Step): boolean {
  return service === undefined || other.service === undefined || other.service === service
}
