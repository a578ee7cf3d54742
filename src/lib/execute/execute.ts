/**
 * Runs a plan: each step once everything it needs is done, several at a time. It takes no decision: what a failure means,
 * what is undone then and in which order stands in the plan.
 */
import type {Emit} from '../events.js'
import type {Operation, Plan} from '../plan/plan.js'

import {AtRiskError, PausedError, StackError} from '../errors.js'
import {exceededServices} from '../plan/failure.js'
import {planUndo} from '../plan/undo.js'
import {messageOf} from './carry.js'
import {Run, type Verdict} from './run.js'
import {takeBack} from './take-back.js'

export {summaryOf} from './carry.js'

/** What an operation may use while it runs. */
export interface OperationContext {
  readonly signal: AbortSignal
  readonly progress: (message: string) => void
}

export type Perform = (operation: Operation, context: OperationContext) => Promise<void>

/**
 * Written before a step begins and after it ended. Steps of taking back are called `undo/<id of the step>`, with `/2` and
 * so on where that takes more than one; what is done about a replica that is given up is `give-up/<lane>/<n>`.
 */
export type Journal = (entry: {step: string; state: 'started' | 'done' | 'failed'}) => Promise<void>

export interface ExecuteRequest {
  readonly plan: Plan
  readonly perform: Perform
  readonly emit: Emit
  /** Ends the run: running steps are cancelled and what was done is undone. Undoing goes on to its end. */
  readonly signal: AbortSignal
  /** A step that it cannot write down does not begin. */
  readonly journal?: Journal | undefined
  readonly concurrency?: number
}

/** A replica that failed and that the rest of the deploy went on without. */
export interface GivenUp {
  readonly service: string
  /** Name of its container. */
  readonly replica: string
  /** Why: one line. */
  readonly error: string
}

export interface ExecuteResult {
  readonly steps: number
  readonly durationMs: number
  readonly givenUp: readonly GivenUp[]
  /** Services of which more replicas failed than `max_failure_ratio` allows; `failure_action: continue` went on all the same. */
  readonly exceeded: readonly string[]
}

/**
 * Carries the plan out. Throws, after undoing what the plan says, the error of the step that failed first; PausedError
 * where `failure_action: pause` stopped half way; AtRiskError when undoing failed too, or when a step past the point of no
 * return failed.
 */
export async function executePlan(request: ExecuteRequest): Promise<ExecuteResult> {
  const started = performance.now()
  const run = new Run(request)
  const verdict = await run.toEnd()
  if (verdict) throw await errorOf(request, run, verdict)
  return {
    steps: request.plan.steps.length,
    durationMs: Math.round(performance.now() - started),
    givenUp: run.givenUp,
    exceeded: exceededServices(request.plan, run.lost),
  }
}

/** Undoes what the failure demands and answers the error to throw. */
async function errorOf(request: ExecuteRequest, run: Run, verdict: Verdict): Promise<unknown> {
  if (verdict.step?.undoWhen === 'never') return leftOver(verdict.error)
  if (run.isPastReturn()) return leftInTheMiddle(request.emit, verdict.error)
  const isPause = verdict.action === 'pause'
  const inFlight = [...run.inFlight.keys()].map((step) => step.id)
  const undo = planUndo(request.plan, {
    completed: [...run.completed, ...inFlight],
    done: run.done,
    ...(isPause && {lanes: withoutGivenUp(request.plan, run)}),
  })
  const problems = await takeBack(request, undo, run.inFlight)
  if (problems.length > 0) return notTakenBack(verdict.error, problems)
  return isPause ? paused(verdict.error, run) : verdict.error
}

/** The lanes that failed and whose replicas were not left to be looked at. */
function withoutGivenUp({steps}: Plan, {givenUp, lost}: Run): ReadonlySet<string> {
  const kept = new Set(givenUp.map(({replica}) => replica))
  const isKept = (lane: string): boolean =>
    steps.some(
      ({lane: own, operation}) => own === lane && 'replica' in operation && kept.has(operation.replica.container),
    )
  return new Set([...lost].filter((lane) => !isKept(lane)))
}

function paused(error: unknown, {givenUp}: Run): PausedError {
  return new PausedError(`paused, as failure_action says: ${messageOf(error)}; what serves serves on`, {
    cause: error,
    facts: {...factsOf(error), state: 'paused', givenUp},
    suggestions: ['stackctl resume goes on', 'stackctl abort takes it back'],
  })
}

function notTakenBack(error: unknown, problems: readonly string[]): AtRiskError {
  return new AtRiskError(`${messageOf(error)}; undoing it failed as well: ${problems.join('; ')}`, {
    cause: error,
    suggestions: ['stackctl abort takes it back again, once the cause is gone'],
    facts: {...factsOf(error), state: 'rollback-failed', problems},
  })
}

/** The release serves; only tidying up failed. */
function leftOver(error: unknown): AtRiskError {
  return new AtRiskError(`the new release serves, but cleaning up failed: ${messageOf(error)}`, {
    cause: error,
    suggestions: ['stackctl deploy again removes what is left over'],
  })
}

/** Interrupted while tidying up: what is new stays, and the next run finds the rest. */
function leftInTheMiddle(emit: Emit, error: unknown): unknown {
  const message = 'interrupted while cleaning up: what is new serves, and the next run removes what is left over'
  emit({type: 'warning', code: 'W_LEFT_OVER', message})
  return error
}

function factsOf(error: unknown): Readonly<Record<string, unknown>> {
  return error instanceof StackError ? error.facts : {}
}
