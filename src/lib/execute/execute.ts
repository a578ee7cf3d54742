/**
 * Runs a plan: each step once everything it needs has succeeded, several at a time. It takes no decision: what to undo,
 * and when, stands in the plan. After a failure nothing new starts, running steps are ended, and what succeeded is undone
 * in reverse order of completion.
 */
import type {Emit, StepSummary} from '../events.js'
import type {Operation, Plan, Step} from '../plan/plan.js'

import {AtRiskError, StackError} from '../errors.js'
import {formatOperation, formatStep} from '../plan/format.js'

/** What an operation may use while it runs. */
export interface OperationContext {
  readonly signal: AbortSignal
  readonly progress: (message: string) => void
}

export type Perform = (operation: Operation, context: OperationContext) => Promise<void>

export interface ExecuteRequest {
  readonly plan: Plan
  readonly perform: Perform
  readonly emit: Emit
  /** Ends the run: running steps are cancelled and what was done is undone. */
  readonly signal: AbortSignal
  readonly concurrency?: number
}

export interface ExecuteResult {
  readonly steps: number
  readonly durationMs: number
}

const DEFAULT_CONCURRENCY = 6

/**
 * Carries the plan out. Throws the error of the step that failed first, after undoing; AtRiskError when undoing failed
 * too, or when a step past the point of no return failed.
 */
export async function executePlan(request: ExecuteRequest): Promise<ExecuteResult> {
  const started = performance.now()
  const run = new Run(request)
  const failure = await run.toEnd()
  if (failure) throw await run.takenBack(failure)
  return {steps: request.plan.steps.length, durationMs: Math.round(performance.now() - started)}
}

interface Failure {
  readonly step: Step | undefined
  readonly error: unknown
}

class Run {
  readonly #request: ExecuteRequest
  readonly #waiting: Set<Step>
  readonly #running = new Map<Step, Promise<void>>()
  readonly #done = new Set<string>()
  /** In order of completion. */
  readonly #completed: Step[] = []
  /** Ends the running steps when one fails. */
  readonly #stop = new AbortController()
  #failure: Failure | undefined

  constructor(request: ExecuteRequest) {
    this.#request = request
    this.#waiting = new Set(request.plan.steps)
  }

  /** Runs until everything is done or something failed and the rest has come to rest. */
  async toEnd(): Promise<Failure | undefined> {
    while (this.#waiting.size > 0 || this.#running.size > 0) {
      this.#noticeInterrupt()
      this.#startReady()
      if (this.#running.size === 0) break
      await Promise.race(this.#running.values())
    }

    this.#noticeInterrupt()
    for (const step of this.#waiting) this.#emitSkipped(step)
    return this.#failure
  }

  /** Undoes what the failure demands and answers the error to throw. */
  async takenBack(failure: Failure): Promise<unknown> {
    if (failure.step?.undoWhen === 'never') return leftOver(failure)
    if (this.#isPastReturn()) return this.#leftInTheMiddle(failure)
    const undone = this.#completed.filter((step) => this.#mustUndo(step)).toReversed()
    const problems: string[] = []
    for (const step of undone) {
      for (const operation of step.undo) problems.push(...(await this.#undo(step, operation)))
    }

    if (problems.length === 0) return failure.error
    return new AtRiskError(`${messageOf(failure.error)}; undoing it failed as well: ${problems.join('; ')}`, {
      cause: failure.error,
      suggestions: [`stackctl status`, `stackctl deploy again once the cause is gone: it brings back what is missing`],
      ...(failure.error instanceof StackError && {facts: failure.error.facts}),
    })
  }

  /** What was replaced is being removed: there is nothing to go back to any more. */
  #isPastReturn(): boolean {
    return this.#completed.some((step) => step.undoWhen === 'never')
  }

  /** Interrupted while tidying up: what is new stays, and the next run finds the rest. */
  #leftInTheMiddle({error}: Failure): unknown {
    const message = 'interrupted while cleaning up: what is new serves, and the next run removes what is left over'
    this.#request.emit({type: 'warning', code: 'W_LEFT_OVER', message})
    return error
  }

  #noticeInterrupt(): void {
    if (this.#request.signal.aborted) this.#fail({step: undefined, error: this.#request.signal.reason})
  }

  #startReady(): void {
    if (this.#failure) return
    const room = (this.#request.concurrency ?? DEFAULT_CONCURRENCY) - this.#running.size
    const ready = [...this.#waiting].filter((step) => step.needs.every((need) => this.#done.has(need))).slice(0, room)
    for (const step of ready) {
      this.#waiting.delete(step)
      this.#running.set(
        step,
        this.#runStep(step).finally(() => {
          this.#running.delete(step)
        }),
      )
    }
  }

  async #runStep(step: Step): Promise<void> {
    const {emit, perform} = this.#request
    const summary = summaryOf(step)
    const started = performance.now()
    emit({type: 'step-started', step: summary, ...scopeOf(step)})
    try {
      const signal = AbortSignal.any([this.#request.signal, this.#stop.signal])
      await perform(step.operation, {
        signal,
        progress: (message) => emit({type: 'step-progress', step: summary, message, ...scopeOf(step)}),
      })
      this.#done.add(step.id)
      this.#completed.push(step)
      emit({type: 'step-done', step: summary, durationMs: Math.round(performance.now() - started), ...scopeOf(step)})
    } catch (error) {
      const cancelled = this.#failure !== undefined
      // A step that was cut short may have got half way: its undo is run as if it had succeeded.
      this.#completed.push(step)
      if (this.#request.signal.aborted) this.#noticeInterrupt()
      else if (!cancelled) this.#fail({step, error})
      emit({
        type: 'step-failed',
        step: summary,
        durationMs: Math.round(performance.now() - started),
        error: cancelled
          ? {code: 'E_CANCELLED', message: 'cancelled'}
          : {code: codeOf(error), message: messageOf(error)},
        ...scopeOf(step),
      })
    }
  }

  #fail(failure: Failure): void {
    this.#failure ??= failure
    this.#stop.abort(new Error('cancelled because another step failed'))
  }

  /** Undoes one operation; answers what went wrong, if anything. It is not cancelled by the signal that caused it. */
  async #undo(step: Step, operation: Operation): Promise<string[]> {
    const summary = {...summaryOf(step), id: `${step.id}/undo`, title: `undo: ${formatOperation(operation)}`}
    const started = performance.now()
    this.#request.emit({type: 'step-started', step: summary, ...scopeOf(step), phase: 'undo'})
    try {
      await this.#request.perform(operation, {signal: new AbortController().signal, progress: () => {}})
      this.#request.emit({
        type: 'step-done',
        step: summary,
        durationMs: Math.round(performance.now() - started),
        ...scopeOf(step),
        phase: 'undo',
      })
      return []
    } catch (error) {
      const problem = {code: codeOf(error), message: messageOf(error)}
      this.#request.emit({
        type: 'step-failed',
        step: summary,
        durationMs: Math.round(performance.now() - started),
        error: problem,
        ...scopeOf(step),
        phase: 'undo',
      })
      return [`${formatOperation(operation)}: ${problem.message}`]
    }
  }

  /** `own-failure`: what a service has reached stays when it got to its end, and goes when it is half-made. */
  #mustUndo(step: Step): boolean {
    if (step.undoWhen !== 'own-failure') return step.undoWhen === 'any-failure'
    if (step.service === undefined) return false
    const own = this.#request.plan.steps.filter((other) => other.service === step.service && other.undoWhen !== 'never')
    return own.some((other) => !this.#done.has(other.id))
  }

  #emitSkipped(step: Step): void {
    this.#request.emit({
      type: 'step-skipped',
      step: summaryOf(step),
      reason: 'an earlier step failed',
      ...scopeOf(step),
    })
  }
}

/** The release serves; only tidying up failed. */
function leftOver(failure: Failure): AtRiskError {
  return new AtRiskError(`the new release serves, but cleaning up failed: ${messageOf(failure.error)}`, {
    cause: failure.error,
    suggestions: ['stackctl deploy again removes what is left over'],
  })
}

export function summaryOf(step: Step): StepSummary {
  return {id: step.id, title: formatStep(step), ...(step.service !== undefined && {service: step.service})}
}

function scopeOf(step: Step): {service?: string; replica?: string; phase: string} {
  const replica = 'replica' in step.operation ? step.operation.replica.container : undefined
  return {
    ...(step.service !== undefined && {service: step.service}),
    ...(replica !== undefined && {replica}),
    phase: step.operation.kind,
  }
}

function codeOf(error: unknown): string {
  return error instanceof StackError ? error.code : 'E_BUG'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
