/** Carries one step out: journal first, then the operation, and an event for everything that happens to it. */
import type {Emit, EventScope, StepSummary} from '../events.js'
import type {Step} from '../plan/plan.js'
import type {Journal, Perform} from './execute.js'

import {StackError} from '../errors.js'
import {formatStep} from '../plan/format.js'

export interface Carriage {
  readonly perform: Perform
  readonly emit: Emit
  readonly journal?: Journal | undefined
}

export interface Manner {
  readonly signal: AbortSignal
  /** What the events call it; without one it is called after its operation. */
  readonly phase?: 'undo' | 'give-up'
}

export type Carried =
  | {readonly ok: true}
  /** `began`: it may have changed something. `isJournal`: the step itself is not to blame. */
  | {readonly ok: false; readonly error: unknown; readonly began: boolean; readonly isJournal: boolean}

/**
 * Answers how it went; never throws. Nothing begins before the journal has it, so that whoever finds the journal of a run
 * that was killed knows everything that may have been touched. Taking back is not held up by a journal that fails.
 */
export async function carryOut(carriage: Carriage, step: Step, manner: Manner): Promise<Carried> {
  const {emit} = carriage
  const scope = {step: summaryOf(step, manner.phase), ...scopeOf(step, manner.phase)}
  const unwritten = await write(carriage, step, 'started')
  if (unwritten && manner.phase === undefined) {
    emit({type: 'step-failed', durationMs: 0, error: problemOf(unwritten.error), ...scope})
    return {ok: false, error: unwritten.error, began: false, isJournal: true}
  }

  emit({type: 'step-started', ...scope})
  const started = performance.now()
  const failure = await attempt(carriage, step, manner)
  const durationMs = Math.round(performance.now() - started)
  const unfinished = await write(carriage, step, failure ? 'failed' : 'done')
  if (failure) {
    const error = manner.signal.aborted ? {code: 'E_CANCELLED', message: 'cancelled'} : problemOf(failure.error)
    emit({type: 'step-failed', durationMs, error, ...scope})
    return {ok: false, error: failure.error, began: true, isJournal: false}
  }

  emit({type: 'step-done', durationMs, ...scope})
  if (unfinished && manner.phase === undefined) {
    return {ok: false, error: unfinished.error, began: true, isJournal: true}
  }

  return {ok: true}
}

interface Failed {
  readonly error: unknown
}

async function write(
  {emit, journal}: Carriage,
  {id}: Step,
  state: 'started' | 'done' | 'failed',
): Promise<Failed | undefined> {
  try {
    await journal?.({step: id, state})
    return undefined
  } catch (error) {
    emit({type: 'warning', code: 'W_JOURNAL', message: `the journal could not be written: ${messageOf(error)}`})
    return {error}
  }
}

async function attempt({emit, perform}: Carriage, step: Step, manner: Manner): Promise<Failed | undefined> {
  const scope = {step: summaryOf(step, manner.phase), ...scopeOf(step, manner.phase)}
  try {
    await perform(step.operation, {
      signal: manner.signal,
      progress: (message) => emit({type: 'step-progress', message, ...scope}),
    })
    return undefined
  } catch (error) {
    return {error}
  }
}

export function summaryOf(step: Step, phase?: Manner['phase']): StepSummary {
  const title = phase === undefined ? formatStep(step) : `${PREFIX[phase]}: ${formatStep(step)}`
  return {id: step.id, title, ...(step.service !== undefined && {service: step.service})}
}

const PREFIX = {undo: 'undo', 'give-up': 'given up'} as const

export function scopeOf(step: Step, phase?: Manner['phase']): EventScope {
  const replica = 'replica' in step.operation ? step.operation.replica.container : undefined
  return {
    ...(step.service !== undefined && {service: step.service}),
    ...(replica !== undefined && {replica}),
    phase: phase ?? step.operation.kind,
    cause: step.because,
  }
}

export function problemOf(error: unknown): {code: string; message: string} {
  return {code: error instanceof StackError ? error.code : 'E_BUG', message: messageOf(error)}
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
