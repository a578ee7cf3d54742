/**
 * A plan: what will be done, in which order, why, and how each step is undone. Data only.
 *
 * A step may run when every step that it `needs` has succeeded. When a step fails, the executor undoes the steps that
 * succeeded in reverse order of completion, by the `undo` that the planner wrote beside each. The executor decides nothing.
 */

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
  | {readonly kind: 'create-router'}
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
  | {readonly kind: 'gate'; readonly replica: ReplicaRef}
  | {readonly kind: 'monitor'; readonly replicas: readonly ReplicaRef[]; readonly windowMs: number}
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
  | {readonly kind: 'run-job'; readonly replica: ReplicaRef; readonly replaces: readonly string[]}
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

export interface Plan {
  readonly project: string
  readonly release: number
  readonly changes: readonly ServiceChange[]
  readonly steps: readonly Step[]
  readonly warnings: readonly string[]
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
