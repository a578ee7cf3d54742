/** One run of a plan, forward: starts what is ready, and asks the plan what a failure means. */
import {once} from 'node:events'

import type {Plan, Step} from '../plan/plan.js'
import type {ExecuteRequest, GivenUp} from './execute.js'

import {type Answer, answerTo, giveUpOperations} from '../plan/failure.js'
import {formatOperation} from '../plan/format.js'
import {type Carried, carryOut, messageOf, problemOf, scopeOf, summaryOf} from './carry.js'
import {Guards} from './guards.js'

/** Why a run did not get to its end, and what has to be done about it. */
export interface Verdict {
  readonly action: 'rollback' | 'pause'
  /** Undefined when it was interrupted. */
  readonly step: Step | undefined
  readonly error: unknown
}

const DEFAULT_CONCURRENCY = 6

export class Run {
  /** In order of completion: steps that succeeded, failed or were cut short. */
  readonly completed: string[] = []
  readonly begun = new Set<string>()
  /** Succeeded, or their lane was given up. */
  readonly done = new Set<string>()
  readonly givenUp: GivenUp[] = []
  /** Lanes in which something failed. */
  readonly lost = new Set<string>()
  readonly #request: ExecuteRequest
  readonly #waiting: Set<Step>
  readonly #running = new Map<Step, Promise<void>>()
  readonly #guards: Guards
  /** Ends the running steps when everything is taken back. */
  readonly #stop = new AbortController()
  readonly #cancelled = untilAborted(this.#stop.signal)
  /** Ends those that only wait when nothing new is to start. */
  readonly #rest = new AbortController()
  #verdict: Verdict | undefined

  constructor(request: ExecuteRequest) {
    this.#request = request
    this.#waiting = new Set(request.plan.steps)
    this.#guards = new Guards({
      perform: request.perform,
      onFailure: (step, error) => this.#guardFailed(step, error),
    })
  }

  /**
   * Runs until everything is done, or something failed and the rest has come to rest. Where everything is taken back it
   * does not wait for what is under way (`inFlight`): a container may take long to stop, and old replicas can serve now.
   */
  async toEnd(): Promise<Verdict | undefined> {
    for (;;) {
      this.#noticeInterrupt()
      this.#startReady()
      if (this.#running.size > 0 && !this.#isLeaving()) await this.#somethingEnds()
      else if (this.#guards.closed) break
      else await this.#guards.close()
    }

    this.#noticeInterrupt()
    for (const step of this.#waiting) this.#emitSkipped(step, 'an earlier step failed')
    return this.#verdict
  }

  /** Steps that have been cancelled and have not come to their end yet. */
  get inFlight(): ReadonlyMap<Step, Promise<void>> {
    return this.#running
  }

  async #somethingEnds(): Promise<void> {
    const running = [...this.#running.values()]
    await Promise.race(this.#stop.signal.aborted ? running : [...running, this.#cancelled])
  }

  #isLeaving(): boolean {
    return this.#verdict?.action === 'rollback' && !this.#plan.steps.some((step) => isFinal(step, this.begun))
  }

  /** What was replaced is being removed: there is nothing to go back to any more. */
  isPastReturn(): boolean {
    return this.#plan.steps.some((step) => isFinal(step, new Set(this.completed)))
  }

  get #plan(): Plan {
    return this.#request.plan
  }

  #noticeInterrupt(): void {
    const {signal} = this.#request
    if (signal.aborted) this.#conclude({action: 'rollback', step: undefined, error: signal.reason})
  }

  #startReady(): void {
    if (this.#verdict) return
    const room = (this.#request.concurrency ?? DEFAULT_CONCURRENCY) - this.#running.size
    const ready = [...this.#waiting].filter((step) => this.#isReady(step)).slice(0, room)
    for (const step of ready) {
      this.#waiting.delete(step)
      this.begun.add(step.id)
      const running = this.#runStep(step).finally(() => {
        this.#running.delete(step)
      })
      this.#running.set(step, running)
    }
  }

  /** Guards watch until the point of no return, and not beyond: a failure there could not be taken back. */
  #isReady(step: Step): boolean {
    if (step.undoWhen === 'never' && !this.#guards.closed) return false
    return step.needs.every((need) => this.done.has(need))
  }

  async #runStep(step: Step): Promise<void> {
    const signals = [this.#request.signal, this.#stop.signal]
    if (step.operation.kind === 'pause') signals.push(this.#rest.signal)
    const signal = AbortSignal.any(signals)
    const carried = await carryOut(this.#request, step, {signal})
    // A step that was cut short may have got half way: it is undone as if it had succeeded.
    if (carried.ok || carried.began) this.completed.push(step.id)
    if (carried.ok) {
      this.done.add(step.id)
      if (!this.#verdict) this.#guards.watch(step)
    } else if (signal.aborted) {
      this.#noticeInterrupt()
    } else {
      await this.#failed(step, carried)
    }
  }

  async #failed(step: Step, {error, isJournal}: Extract<Carried, {ok: false}>): Promise<Answer> {
    // What is cancelled because everything is taken back says nothing about the release.
    if (this.#verdict?.action === 'rollback') return 'rollback'
    if (step.lane !== undefined) this.lost.add(step.lane)
    const answer = isJournal ? 'rollback' : answerTo(this.#plan, step, this)
    if (answer === 'give-up') await this.#giveUp(step, error)
    else this.#conclude({action: answer, step, error})
    return answer
  }

  async #guardFailed(step: Step, error: unknown): Promise<void> {
    const {guard} = step
    if (guard === undefined || this.#verdict?.action === 'rollback') return
    const row = {...summaryOf(step), id: `${step.id}/guard`, title: formatOperation(guard)}
    this.#request.emit({type: 'step-failed', step: row, durationMs: 0, error: problemOf(error), ...scopeOf(step)})
    const answer = await this.#failed(step, {ok: false, error, began: true, isJournal: false})
    // It serves, and what runs beside it may take long to come to its end: it stops serving now.
    if (answer === 'pause') await this.#withdraw(step, error)
  }

  /** Rollback is stricter than pause; of two failures that mean the same the first one counts. */
  #conclude(verdict: Verdict): void {
    if (this.#verdict === undefined || (this.#verdict.action === 'pause' && verdict.action === 'rollback'))
      this.#verdict = verdict
    this.#rest.abort(new Error('cancelled because the deploy pauses'))
    if (verdict.action === 'rollback') this.#stop.abort(new Error('cancelled because another step failed'))
  }

  /** The lane ends here, and what waits for it goes on without it. */
  async #giveUp(step: Step, error: unknown): Promise<void> {
    const {lane = '', service = ''} = step
    if (!(await this.#withdraw(step, error))) return
    const {emit} = this.#request
    const replica = this.#replicaOf(lane)
    this.givenUp.push({service, replica, error: messageOf(error)})
    const message = `${messageOf(error)}; ${replica} was given up and stays, unpublished, to be looked at`
    emit({type: 'warning', code: 'W_GIVEN_UP', message})
    for (const left of [...this.#waiting].filter((other) => other.lane === lane)) {
      this.#waiting.delete(left)
      this.done.add(left.id)
      this.#emitSkipped(left, `${replica} was given up`)
    }
  }

  /** Carries out what the plan says about giving a lane up; where that fails, everything is taken back. */
  async #withdraw(step: Step, error: unknown): Promise<boolean> {
    const {lane = ''} = step
    for (const [index, operation] of giveUpOperations(this.#plan, lane, this.completed).entries()) {
      const act: Step = {...step, id: `give-up/${lane}/${index + 1}`, operation, undo: []}
      const carried = await carryOut(this.#request, act, {signal: this.#stop.signal, phase: 'give-up'})
      if (carried.ok) continue
      this.#conclude({action: 'rollback', step, error})
      return false
    }

    return true
  }

  #replicaOf(lane: string): string {
    const operations = this.#plan.steps.filter((step) => step.lane === lane).map((step) => step.operation)
    const [container] = operations.flatMap((operation) => ('replica' in operation ? [operation.replica.container] : []))
    return container ?? lane
  }

  #emitSkipped(step: Step, reason: string): void {
    this.#request.emit({type: 'step-skipped', step: summaryOf(step), reason, ...scopeOf(step)})
  }
}

/** True when the step is past the point of no return and among these. */
function isFinal({id, undoWhen}: Step, ids: ReadonlySet<string>): boolean {
  return undoWhen === 'never' && ids.has(id)
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  await once(signal, 'abort')
}
