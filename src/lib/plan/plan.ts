/**
 * A plan: what will be done, in which order, why, how each step is undone, and what a failure means. Data only.
 *
 * A step may run when every step that it `needs` has succeeded. When a step fails, `plan/failure.ts` reads the answer out
 * of the plan, and `plan/undo.ts` turns the `undo` that the planner wrote beside each step into a plan of its own. The
 * executor decides nothing.
 */
import type {RollbackPolicy} from '../stack/model.js'

/** What a replica is called in an operation. `container` is its name at the engine. */
export interface ReplicaRef {
  readonly service: string
  readonly number: number
  readonly container: string
}

export type Operation =
  | {readonly kind: 'build-image'; readonly service: string; readonly reference: string}
  | {readonly kind: 'pull-image'; readonly service: string; readonly reference: string}
  | {readonly kind: 'create-network'; readonly network: string; readonly key: string}
  | {readonly kind: 'create-volume'; readonly volume: string; readonly key: string}
  | {readonly kind: 'store-files'}
  | {readonly kind: 'build-router'}
  /** `withoutPorts`: somebody else holds its host ports until `take-ports`. `unnamed`: services that answer to their names themselves. */
  | {readonly kind: 'create-router'; readonly withoutPorts?: boolean; readonly unnamed?: readonly string[]}
  /** A router with the host ports takes the place of the one without; `holders` let go of them. */
  | {readonly kind: 'take-ports'; readonly holders: readonly ReplicaRef[]}
  | {readonly kind: 'give-back-ports'; readonly holders: readonly ReplicaRef[]}
  | {readonly kind: 'replace-router'}
  | {readonly kind: 'restore-router'}
  | {readonly kind: 'remove-old-router'}
  | {readonly kind: 'start-router'}
  | {readonly kind: 'stop-router'}
  | {readonly kind: 'remove-router'}
  | {readonly kind: 'remove-state'; readonly volume: boolean}
  | {readonly kind: 'connect-router'; readonly network: string; readonly aliases: readonly string[]}
  | {readonly kind: 'rename-router-on'; readonly network: string; readonly aliases: readonly string[]}
  | {readonly kind: 'configure-router'; readonly keep: readonly string[]}
  | {readonly kind: 'create-replica'; readonly replica: ReplicaRef; readonly inheritsFrom: string | undefined}
  | {readonly kind: 'start-replica'; readonly replica: ReplicaRef}
  | {readonly kind: 'gate'; readonly replica: ReplicaRef; readonly deadlineMs?: number | undefined}
  | {
      readonly kind: 'monitor'
      readonly replicas: readonly ReplicaRef[]
      readonly windowMs: number
      /** Guards watch these replicas already: only the time has to pass. */
      readonly guarded?: boolean
      /** They served before: what they went through until now does not count. */
      readonly restored?: boolean
    }
  /** Until it is ended. `siblings`: the replicas that this one replaces, to compare it with. */
  | {readonly kind: 'watch'; readonly replica: ReplicaRef; readonly siblings?: readonly ReplicaRef[]}
  | {readonly kind: 'accept'; readonly replica: ReplicaRef}
  | {readonly kind: 'publish'; readonly replica: ReplicaRef}
  | {
      readonly kind: 'unpublish'
      readonly replica: ReplicaRef
      readonly drainTimeoutMs: number
      readonly allowEmpty: boolean
    }
  | {readonly kind: 'stop-replica'; readonly replica: ReplicaRef}
  | {readonly kind: 'restart-replica'; readonly replica: ReplicaRef}
  | {readonly kind: 'remove-replica'; readonly replica: ReplicaRef; readonly keepVolumes?: boolean}
  | {readonly kind: 'rename-replica'; readonly replica: ReplicaRef; readonly to: string}
  | {
      readonly kind: 'run-job'
      readonly replica: ReplicaRef
      readonly timeoutMs: number
      /** A container of exactly this configuration that an earlier run left running: its end counts as this one's. */
      readonly joins: string | undefined
      /** Containers of the job, of another configuration, that still run: never two migrations side by side. */
      readonly awaits: readonly string[]
      /** Containers of earlier runs, removed once this one has succeeded. */
      readonly replaces: readonly string[]
    }
  | {readonly kind: 'run-hooks'; readonly hooks: 'pre-migrate'}
  | {readonly kind: 'pause'; readonly ms: number}
  | {readonly kind: 'remove-network'; readonly network: string}
  | {readonly kind: 'remove-volume'; readonly volume: string}

export interface Step {
  /** Readable and unique: `web/2/gate`. */
  readonly id: string
  readonly operation: Operation
  readonly because: string
  /** Ids of steps that must have succeeded. */
  readonly needs: readonly string[]
  /** How to take it back, in order; empty when there is nothing to take back. */
  readonly undo: readonly Operation[]
  /**
   * `any-failure`: part of the whole deploy, taken back whatever fails. `own-failure`: taken back only when its
   * service does not get to its end (a first deploy has nothing to go back to, so what is healthy stays). `never`: after the point of no return.
   */
  readonly undoWhen: 'any-failure' | 'own-failure' | 'never'
  readonly service: string | undefined
  /** The replica that it belongs to: `web/2`. When a step of a lane fails, `policies` say what that means. */
  readonly lane?: string
  /** Runs beside everything else once the step has succeeded, until the point of no return. Its failure is one of the lane. */
  readonly guard?: Operation
  /** What is done about it when its lane is given up. */
  readonly giveUp?: readonly Operation[]
  /** Runs only when one of these succeeded; without that it would take away what serves. Steps of an undo plan have it. */
  readonly onlyIf?: readonly string[]
}

/** What failed replicas of one service mean, from `deploy.update_config` and `deploy.rollback_config`. */
export interface FailurePolicy {
  /** So many replicas may fail, and are given up, without the release counting as failed. */
  readonly maxFailures: number
  /** What more of them mean. */
  readonly action: 'rollback' | 'pause' | 'continue'
  /** How the service is taken back; undefined = all of it at once. */
  readonly rollback?: RollbackPolicy | undefined
}

/** What happens to one service, for people. */
export interface ServiceChange {
  readonly service: string
  readonly action:
    'create' | 'replace' | 'scale' | 'start' | 'restart' | 'run' | 'stop' | 'remove' | 'orphan' | 'unchanged'
  readonly because: readonly string[]
  /** How: `2 replicas, one at a time, no downtime`. */
  readonly how: string
  readonly downtime: boolean
  readonly replicas: {readonly from: number; readonly to: number}
}

/** Something that an operator should know and that stops nothing. */
export interface PlanWarning {
  /** Stable: `W_STOP_SIGNAL`. */
  readonly code: string
  readonly message: string
}

export interface Plan {
  readonly project: string
  readonly release: number
  readonly changes: readonly ServiceChange[]
  readonly steps: readonly Step[]
  /** By service; one that is not here is taken back with its first failure. */
  readonly policies: Readonly<Record<string, FailurePolicy>>
  readonly warnings: readonly PlanWarning[]
}

/** True when carrying the plan out would change nothing. */
export function isEmpty(plan: Plan): boolean {
  return plan.steps.length === 0
}

/** Throws when a step needs one that is not in the plan or when steps need each other: a planner's bug, found before anything runs. */
export function assertSound(plan: Plan): void {
  const open = new Map(plan.steps.map((step) => [step.id, step.needs.length]))
  if (open.size !== plan.steps.length)
    throw new Error(`plan has steps of one id: ${plan.steps.map((step) => step.id).join(', ')}`)
  const waiting = Map.groupBy(
    plan.steps.flatMap((step) => step.needs.map((need) => ({need, id: step.id}))),
    ({need}) => need,
  )
  const ready = plan.steps.filter((step) => step.needs.length === 0).map((step) => step.id)
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    open.delete(id)
    for (const next of waiting.get(id) ?? []) {
      const left = (open.get(next.id) ?? 0) - 1
      open.set(next.id, left)
      if (left === 0) ready.push(next.id)
    }
  }

  if (open.size === 0) return
  const stuck = plan.steps.filter((step) => open.has(step.id))
  throw new Error(
    `plan cannot be ordered: ${stuck.map((step) => `${step.id} needs ${step.needs.join(', ')}`).join('; ')}`,
  )
}
