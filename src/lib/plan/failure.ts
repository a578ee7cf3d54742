/** What a failure means: read out of the plan, never decided while it runs. Pure. */
import type {FailurePolicy, Operation, Plan, Step} from './plan.js'

/**
 * `give-up`: the replica's lane ends here and the rest goes on. `pause`: nothing new starts, and the half-made replica
 * goes. `rollback`: everything is taken back.
 */
export type Answer = 'give-up' | 'pause' | 'rollback'

export interface Progress {
  /** Ids of the steps that have begun, whatever became of them. */
  readonly begun: ReadonlySet<string>
  /** Ids of the steps that are done: they succeeded, or their lane was given up. */
  readonly done: ReadonlySet<string>
  /** Lanes in which something failed, the one in question included. */
  readonly lost: ReadonlySet<string>
}

/** What the failure of this step, or of its guard, means. */
export function answerTo(plan: Plan, failed: Step, progress: Progress): Answer {
  const {lane, service} = failed
  const policy = service === undefined ? undefined : plan.policies[service]
  if (lane === undefined || policy === undefined) return 'rollback'
  const own = plan.steps.filter((step) => step.service === service)
  const lanes = [...new Set(own.flatMap((step) => step.lane ?? []))]
  const alive = lanes.filter((name) => !progress.lost.has(name))
  const isTolerated = lanes.length - alive.length <= policy.maxFailures || policy.action === 'continue'
  // A release without a single replica has failed, whatever is tolerated.
  if (isTolerated) return alive.length > 0 ? 'give-up' : 'rollback'
  return policy.action === 'pause' && servesOn(own, alive, progress) ? 'pause' : 'rollback'
}

/** What is done about the replica of a lane that is given up: the latest of its steps first. */
export function giveUpOperations(plan: Plan, lane: string, completed: readonly string[]): Operation[] {
  const steps = plan.steps.filter((step) => step.lane === lane && completed.includes(step.id))
  return steps.toReversed().flatMap((step) => step.giveUp ?? [])
}

/** Services of which more replicas were given up than may fail. */
export function exceededServices(plan: Plan, lost: Iterable<string>): string[] {
  const services = [...lost].map((lane) => plan.steps.find((step) => step.lane === lane)?.service)
  return Object.entries(plan.policies)
    .filter(([name, {maxFailures: most}]) => services.filter((service) => service === name).length > most)
    .map(([name]) => name)
}

/** What the failure of a step of an undo plan means: nothing, or a part of it that is missing, or the end of undoing. */
export function answerToUndo(undo: Plan, failed: Step, lost: ReadonlySet<string>): 'tolerate' | 'go-on' | 'stop' {
  const policy = failed.service === undefined ? undefined : undo.policies[failed.service]
  if (policy === undefined) return 'go-on'
  const own = new Set(undo.steps.filter((step) => step.service === failed.service).map((step) => step.lane))
  const failures = [...lost].filter((lane) => own.has(lane)).length
  if (failed.lane !== undefined && failures <= policy.maxFailures) return 'tolerate'
  return policy.action === 'pause' ? 'stop' : 'go-on'
}

/** How many of so many replicas a ratio allows to fail. */
export function maxFailures(ratio: FailurePolicy['maxFailures'], replicas: number): number {
  // 0.29 × 100 is a hair less than 29.
  return Math.floor(ratio * replicas + 1e-9)
}

/** True when pausing leaves something that serves: an old replica that nobody has begun to take out, or a new one. */
function servesOn(own: readonly Step[], alive: readonly string[], {begun, done}: Progress): boolean {
  if (alive.some((lane) => own.every((step) => step.lane !== lane || done.has(step.id)))) return true
  // What did not run before has nothing to be undone.
  const leaving = own.filter((step) => isLeaving(step) && step.undo.length > 0)
  const left = new Set(leaving.filter((step) => begun.has(step.id)).map((step) => containerOf(step)))
  return leaving.length === 0 || leaving.some((step) => !left.has(containerOf(step)))
}

/** It takes an old replica out. */
function isLeaving({lane, operation}: Step): boolean {
  return lane === undefined && (operation.kind === 'stop-replica' || operation.kind === 'unpublish')
}

function containerOf({operation}: Step): string | undefined {
  return 'replica' in operation ? operation.replica.container : undefined
}
