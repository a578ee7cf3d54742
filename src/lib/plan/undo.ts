/**
 * Taking a deploy back, as a plan. Pure.
 *
 * First every old replica that is parked is published again, all at once: it runs and is healthy, so the old release serves
 * within a second. Then the new replicas are drained, all at once as well, because each of them may wait for its requests.
 * Everything else follows in reverse order of completion: a step waits for what was done after it to its own service, to
 * services that waited for it, and to the foundations of all.
 */
import type {RollbackPolicy} from '../stack/model.js'
import type {FailurePolicy, Operation, Plan, Step} from './plan.js'

import {PlanBuilder} from './builder.js'
import {maxFailures} from './failure.js'
import {assertSound} from './plan.js'
import {dependentServices, isUndone, originalName, restoredLane} from './undo-scope.js'

export interface Outcome {
  /** Ids of steps in order of completion. One that failed or was cut short may have got half way: it is among them. */
  readonly completed: readonly string[]
  /** Ids of the steps that succeeded, or whose lane was given up. */
  readonly done: ReadonlySet<string>
  /** Only these lanes are taken back; undefined = the whole deploy. */
  readonly lanes?: ReadonlySet<string>
}

/** The steps of taking back what a plan has done. Their ids are those of the steps that they undo, after `undo/`. */
export function planUndo(plan: Plan, outcome: Outcome): Plan {
  const draft = new UndoDraft(plan, outcome)
  const undo: Plan = {...draft.steps(), project: plan.project, release: plan.release, changes: [], warnings: []}
  assertSound(undo)
  return undo
}

const BECAUSE = 'the deploy is taken back'

class UndoDraft {
  readonly #plan: Plan
  readonly #builder = new PlanBuilder({firstDeploy: false})
  /** What has to be undone, in order of completion. */
  readonly #undone: readonly Step[]
  /** Containers of old replicas that were stopped, and their services. */
  readonly #stopped: readonly {service: string; container: string}[]
  /** The last steps of each service; what is undone next of it waits for them. */
  readonly #tails = new Map<string, readonly string[]>()
  /** The last step that everything after it waits for. */
  #common: readonly string[] = []
  /** By service: the steps that publish its old replicas again. */
  readonly #published = new Map<string, string[]>()
  /** By lane: the step that drains its replica. */
  readonly #drains = new Map<string, string>()

  constructor(plan: Plan, {completed, done, lanes}: Outcome) {
    const byId = new Map(plan.steps.map((step) => [step.id, step]))
    const steps = completed.flatMap((id) => byId.get(id) ?? [])
    this.#plan = plan
    this.#undone = steps.filter((step) => isUndone(plan, step, done) && (lanes?.has(step.lane ?? '') ?? true))
    this.#stopped = steps.flatMap(({lane, operation}) =>
      lane === undefined && operation.kind === 'stop-replica' ? [operation.replica] : [],
    )
    this.#builder.finish()
  }

  steps(): Pick<Plan, 'steps' | 'policies'> {
    const givenBack = this.#giveBackPorts()
    const switched = new Set([...givenBack, ...this.#switchBack()])
    const dependents = dependentServices(this.#plan)
    for (const step of this.#undone.toReversed()) {
      if (!switched.has(step)) this.#undoInOrder(step, dependents.get(step.id) ?? new Set())
    }

    this.#watchRestored()
    return {steps: this.#builder.steps, policies: this.#builder.policies}
  }

  /** Before anything else: host ports and names lead to old containers again, which no router can publish. */
  #giveBackPorts(): readonly Step[] {
    const kinds = new Set<Operation['kind']>(['take-ports', 'rename-router-on'])
    const steps = this.#undone.filter(({operation}) => kinds.has(operation.kind))
    for (const step of steps.toReversed()) this.#common = [this.#add(step, {needs: this.#common})]
    return steps
  }

  /** Old replicas serve again and new ones are drained, service by service, side by side. */
  #switchBack(): ReadonlySet<Step> {
    const parked = this.#undone.filter((step) => this.#isParked(step))
    const serving = this.#undone.filter((step) => this.#servesBeside(step))
    for (const service of new Set([...parked, ...serving].map((step) => step.service ?? ''))) {
      this.#switchService(service, {
        parked: parked.filter((step) => step.service === service),
        serving: serving.filter((step) => step.service === service),
      })
    }

    return new Set([...parked, ...serving])
  }

  /** An old replica that runs, out of sight: all that it takes is to publish it. */
  #isParked({lane, operation}: Step): boolean {
    if (lane !== undefined || operation.kind !== 'unpublish') return false
    return !this.#stopped.some(({container}) => container === operation.replica.container)
  }

  /** A new replica of a service whose old ones run. */
  #servesBeside({lane, operation, service}: Step): boolean {
    return lane !== undefined && operation.kind === 'publish' && !this.#stopped.some((old) => old.service === service)
  }

  /** In batches as `rollback_config` says; without it in one. */
  #switchService(service: string, {parked, serving}: {parked: readonly Step[]; serving: readonly Step[]}): void {
    const policy = this.#rollbackOf(service)
    const most = Math.max(parked.length, serving.length)
    const size = policy?.parallelism || most
    let last: readonly string[] = this.#common
    for (let from = 0; from < most; from += size) {
      const batch = {parked: parked.slice(from, from + size), serving: serving.slice(from, from + size)}
      if (from > 0) last = this.#pause(service, last, {ms: policy?.delayMs ?? 0, batch: from / size})
      last = policy?.order === 'stop-first' ? this.#newFirst(batch, last) : this.#oldFirst(service, batch, last)
    }

    this.#tails.set(service, last)
  }

  #oldFirst(service: string, {parked, serving}: Batch, needs: readonly string[]): readonly string[] {
    const published = parked.map((step) => this.#add(step, {needs}))
    const all = [...(this.#published.get(service) ?? []), ...published]
    this.#published.set(service, all)
    // Where no old replica could be published, the new ones are all that serves.
    const onlyIf = all.length > 0 ? all : undefined
    const drained = serving.map((step) => this.#drain(step, {needs: published.length > 0 ? published : needs, onlyIf}))
    return drained.length > 0 ? drained : published
  }

  #newFirst({parked, serving}: Batch, needs: readonly string[]): readonly string[] {
    const drained = serving.map((step) => this.#drain(step, {needs}))
    const published = parked.map((step) => this.#add(step, {needs: drained.length > 0 ? drained : needs}))
    return published.length > 0 ? published : drained
  }

  #drain(step: Step, facts: UndoFacts): string {
    const id = this.#add(step, facts)
    this.#drains.set(step.lane ?? '', id)
    return id
  }

  #pause(service: string, needs: readonly string[], {batch, ms}: {batch: number; ms: number}): readonly string[] {
    if (ms === 0) return needs
    const id = `undo/${service}/delay-${batch}`
    return [this.#builder.add({id, operation: {kind: 'pause', ms}, because: 'rollback_config.delay', needs, service})]
  }

  #undoInOrder(step: Step, dependents: ReadonlySet<string>): void {
    const needs = this.#needsOf(step, dependents)
    const drain = step.operation.kind === 'create-replica' ? this.#drains.get(step.lane ?? '') : undefined
    const id = this.#add(step, {needs, onlyIf: drain === undefined ? undefined : [drain]})
    if (step.service === undefined) {
      this.#tails.clear()
      this.#common = [id]
    } else {
      this.#tails.set(step.service, [id])
    }
  }

  #needsOf({service}: Step, dependents: ReadonlySet<string>): readonly string[] {
    if (service === undefined) return [...this.#common, ...[...this.#tails.values()].flat()]
    const others = [...dependents].filter((other) => other !== service)
    return [...this.#tailOf(service), ...others.flatMap((other) => this.#tails.get(other) ?? [])]
  }

  #tailOf(service: string): readonly string[] {
    return this.#tails.get(service) ?? this.#common
  }

  /** Adds what the planner wrote beside the step, one operation after the other; answers the last. */
  #add(step: Step, {needs, onlyIf}: UndoFacts): string {
    const {service} = step
    const lane = restoredLane(step)
    let last: readonly string[] = needs
    for (const [index, operation] of step.undo.entries()) {
      const id = index === 0 ? `undo/${step.id}` : `undo/${step.id}/${index + 1}`
      const common = {...(service !== undefined && {service}), ...(lane !== undefined && {lane})}
      last = [this.#builder.add({id, operation, because: BECAUSE, needs: last, onlyIf, ...common})]
    }

    return last[0] ?? ''
  }

  /** `rollback_config.monitor`, and how many of the old replicas may fail to come back. */
  #watchRestored(): void {
    const services = new Set(this.#undone.flatMap((step) => (restoredLane(step) ? (step.service ?? []) : [])))
    for (const service of services) {
      const policy = this.#rollbackOf(service)
      if (policy === undefined) continue
      const steps = this.#undone.filter((step) => step.service === service && restoredLane(step) !== undefined)
      const restored = new Map(steps.map((step) => [restoredLane(step) ?? '', step.operation]))
      this.#builder.setPolicy(service, undoPolicy(policy, restored.size))
      if (policy.monitorMs > 0) this.#watch(service, restored, policy.monitorMs)
    }
  }

  #watch(service: string, restored: ReadonlyMap<string, Operation>, windowMs: number): void {
    const needs = this.#tailOf(service)
    for (const [lane, operation] of restored) {
      if (!('replica' in operation)) continue
      this.#builder.add({
        id: `undo/${lane}/monitor`,
        operation: {
          kind: 'monitor',
          replicas: [originalName(this.#undone, operation.replica)],
          windowMs,
          restored: true,
        },
        because: 'rollback_config.monitor',
        needs,
        service,
        lane,
      })
    }
  }

  #rollbackOf(service: string): RollbackPolicy | undefined {
    return this.#plan.policies[service]?.rollback
  }
}

interface Batch {
  readonly parked: readonly Step[]
  readonly serving: readonly Step[]
}

interface UndoFacts {
  readonly needs: readonly string[]
  readonly onlyIf?: readonly string[] | undefined
}

function undoPolicy({failureAction, maxFailureRatio}: RollbackPolicy, restored: number): FailurePolicy {
  return {maxFailures: maxFailures(maxFailureRatio, restored), action: failureAction}
}
