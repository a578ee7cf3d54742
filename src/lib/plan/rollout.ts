/**
 * How one service moves to a release, as steps. Pure.
 *
 * start-first (routed, or free of shared volumes and host ports): create → start → gate → accept → publish, and only then
 * the old replica is unpublished and drained. It is parked, running, until every service has moved, so that going back is
 * publishing it again. stop-first: the new container is created, then the old one stops, then the new one starts.
 */
import type {ObservedContainer} from '../observe/observed.js'
import type {Service} from '../stack/model.js'
import type {PlanBuilder} from './builder.js'
import type {FailurePolicy, ReplicaRef} from './plan.js'

import {maxFailures} from './failure.js'
import {
  asRenamed,
  named,
  newReplica,
  planAdmission,
  planCreate,
  planLeave,
  planRename,
  planStart,
  refOf,
  type Rollout,
} from './replica-steps.js'

export interface RolloutSteps {
  /** All replicas are started. */
  readonly started: readonly string[]
  /** All replicas have passed the gate and, if routed, serve. */
  readonly ready: readonly string[]
  /** Replicas that are made. */
  readonly added: readonly ReplicaRef[]
  /** Replicas of a run that was cut short before it had watched them. */
  readonly unwatched: readonly ReplicaRef[]
  /** Old replicas that were taken out and wait to be removed. */
  readonly parked: readonly ObservedContainer[]
}

/** Adds the steps that bring a service to what is wanted. */
export function planRollout(builder: PlanBuilder, facts: Omit<Rollout, 'builder' | 'because'>): RolloutSteps {
  const asked = {...facts, builder, because: facts.state.because.join('; ')}
  const discarded = planDiscard(asked)
  const rollout = {...asked, needs: {...facts.needs, create: [...facts.needs.create, ...discarded]}}
  const revived = planRevival(rollout)
  const {service} = facts.state.wanted
  builder.setPolicy(service.name, policyOf(service))
  const {started, ready, last} = planBatches(rollout, revived)
  const {current, missing, stale} = facts.state
  return {
    started: [...revived, ...started],
    ready: [...revived, ...ready, ...last],
    added: missing.map((number) => newReplica(rollout, number)),
    unwatched: current.filter(({release}) => release !== undefined && release === facts.unsettled).map(refOf),
    parked: stale,
  }
}

/** What a killed run made and did not start goes first: it may lack networks, and its name may be needed. */
function planDiscard(rollout: Rollout): string[] {
  const {builder, state} = rollout
  return state.halfMade.map((container) =>
    builder.add({
      ...named(rollout, `half-made-${container.name}/remove`),
      operation: {kind: 'remove-replica', replica: refOf(container)},
      because: 'an earlier run was cut short before it started it',
    }),
  )
}

function policyOf({replicas, rollout}: Service): FailurePolicy {
  const {failureAction: action, maxFailureRatio, rollback} = rollout
  return {maxFailures: maxFailures(maxFailureRatio, replicas), action, ...(rollback && {rollback})}
}

/** Current replicas that are stopped are started again; those that run unpublished pass the gate and are published. */
function planRevival(rollout: Rollout): string[] {
  const {needs, state} = rollout
  const ids: string[] = []
  for (const container of [...state.stopped, ...state.unpublished]) {
    const replica = refOf(container)
    const stopped = state.stopped.includes(container)
    const start = stopped
      ? planStart(rollout, replica, {needs: needs.start, undo: [{kind: 'stop-replica', replica}]})
      : undefined
    ids.push(...planAdmission(rollout, replica, [...needs.start, ...(start ? [start] : [])]))
  }

  return ids
}

interface BatchSteps {
  started: string[]
  ready: string[]
  /** Last steps of the last batch. */
  last: string[]
}

function planBatches(rollout: Rollout, revived: readonly string[]): BatchSteps {
  const {builder, state} = rollout
  const policy = state.wanted.service.rollout
  const replicas = state.missing.map((number) => newReplica(rollout, number))
  // `parallelism` is about replacing: where nothing is replaced there is nothing to hold back for.
  const size = policy.parallelism === 0 || state.stale.length === 0 ? Math.max(replicas.length, 1) : policy.parallelism
  const count = Math.max(1, Math.ceil(replicas.length / size))
  const steps: BatchSteps = {started: [], ready: [], last: [...revived]}
  for (let index = 0; index < count; index += 1) {
    const added = replicas.slice(index * size, (index + 1) * size)
    const isLast = index === count - 1
    const removed = leavingIn(state, {index, size, isLast})
    const batch =
      policy.order === 'start-first'
        ? startFirst(rollout, {added, removed, after: steps.last})
        : stopFirst(rollout, {added, removed, after: steps.last})
    steps.started.push(...batch.started)
    steps.ready.push(...batch.ready)
    steps.last = batch.last.length > 0 ? batch.last : steps.last
    if (!isLast && policy.delayMs > 0) {
      steps.last = [
        builder.add({
          id: `${state.wanted.service.name}/delay-${index + 1}`,
          operation: {kind: 'pause', ms: policy.delayMs},
          because: 'update_config.delay',
          needs: steps.last,
          service: state.wanted.service.name,
        }),
      ]
    }
  }

  return steps
}

/**
 * The old replicas that a batch takes out. The last one takes all that is left, so that fewer replicas than before also
 * works. start-first leaves it one in any case: new replicas may be given up on the way, and something has to serve.
 */
function leavingIn(
  {stale, wanted}: Rollout['state'],
  {index, isLast, size}: {index: number; size: number; isLast: boolean},
): readonly ObservedContainer[] {
  const most = wanted.service.rollout.order === 'start-first' ? Math.max(stale.length - 1, 0) : stale.length
  const from = Math.min(index * size, most)
  return stale.slice(from, isLast ? undefined : Math.min((index + 1) * size, most))
}

interface Batch {
  readonly added: readonly ReplicaRef[]
  readonly removed: readonly ObservedContainer[]
  readonly after: readonly string[]
}

function startFirst(rollout: Rollout, batch: Batch): BatchSteps {
  const {needs} = rollout
  const started: string[] = []
  const ready: string[] = []
  for (const replica of batch.added) {
    const create = planCreate(rollout, replica, {inheritsFrom: undefined, needs: needs.create})
    const start = planStart(rollout, replica, {needs: [create, ...needs.start, ...batch.after], undo: []})
    started.push(start)
    ready.push(...planAdmission(rollout, replica, [start]))
  }

  const leaving = batch.removed.filter(({id}) => !rollout.handedOver.some((holder) => holder.id === id))
  const out = leaving.map((container) =>
    planLeave(rollout, container, {needs: [...ready, ...batch.after], stop: false}),
  )
  return {started, ready, last: out.length > 0 ? out : ready}
}

function stopFirst(rollout: Rollout, batch: Batch): BatchSteps {
  const {needs} = rollout
  const renamed = batch.removed
    .filter((container) => batch.added.some((replica) => replica.container === container.name))
    .map((container) => planRename(rollout, container))
  const created = batch.added.map((replica, index) =>
    planCreate(rollout, replica, {inheritsFrom: batch.removed[index]?.id, needs: [...needs.create, ...renamed]}),
  )
  const stopped = batch.removed.map((container) =>
    planLeave(rollout, asRenamed(rollout, container, renamed.length > 0), {
      needs: [...created, ...needs.start, ...needs.leave, ...batch.after],
      stop: true,
    }),
  )
  const started: string[] = []
  const ready: string[] = []
  for (const [index, replica] of batch.added.entries()) {
    const start = planStart(rollout, replica, {
      needs: [created[index], ...stopped, ...needs.start, ...batch.after],
      undo: [{kind: 'stop-replica', replica}],
    })
    started.push(start)
    ready.push(...planAdmission(rollout, replica, [start]))
  }

  return {started, ready, last: ready.length > 0 ? ready : stopped}
}
