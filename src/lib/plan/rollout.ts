/**
 * How one service moves to a release, as steps. Pure.
 *
 * start-first (routed, or free of shared volumes and host ports): create → start → gate → accept → publish, and only then
 * the old replica is unpublished and drained. It is parked, running, until every service has moved, so that going back is
 * publishing it again. stop-first: the new container is created, then the old one stops, then the new one starts.
 */
import type {ObservedContainer} from '../observe/observed.js'
import type {PlanBuilder} from './builder.js'
import type {ReplicaRef} from './plan.js'

import {
  asRenamed,
  named,
  newReplica,
  planAdmission,
  planCreate,
  planLeave,
  planRename,
  refOf,
  type Rollout,
  step,
} from './replica-steps.js'

export interface RolloutSteps {
  /** All replicas are started. */
  readonly started: readonly string[]
  /** All replicas have passed the gate and, if routed, serve. */
  readonly ready: readonly string[]
  /** Replicas that are made. */
  readonly added: readonly ReplicaRef[]
  /** Old replicas that were taken out and wait to be removed. */
  readonly parked: readonly ObservedContainer[]
}

/** Adds the steps that bring a service to what is wanted. */
export function planRollout(builder: PlanBuilder, facts: Omit<Rollout, 'builder' | 'because'>): RolloutSteps {
  const asked = {...facts, builder, because: facts.state.because.join('; ')}
  const discarded = planDiscard(asked)
  const rollout = {...asked, needs: {...facts.needs, create: [...facts.needs.create, ...discarded]}}
  const revived = planRevival(rollout)
  const {started, ready, last} = planBatches(rollout, revived)
  const added = [
    ...facts.state.missing.map((number) => newReplica(rollout, number)),
    // They were admitted by a run that was cut short before it had watched them.
    ...facts.state.current.filter(({release}) => release !== undefined && release === facts.unsettled).map(refOf),
  ]
  return {started: [...revived, ...started], ready: [...revived, ...ready, ...last], added, parked: facts.state.stale}
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

/** Current replicas that are stopped are started again; those that run unpublished pass the gate and are published. */
function planRevival(rollout: Rollout): string[] {
  const {builder, needs, state} = rollout
  const ids: string[] = []
  for (const container of [...state.stopped, ...state.unpublished]) {
    const replica = refOf(container)
    const stopped = state.stopped.includes(container)
    const start = stopped
      ? builder.add({
          ...step(rollout, replica, 'start'),
          operation: {kind: 'start-replica', replica},
          needs: needs.start,
          undo: [{kind: 'stop-replica', replica}],
        })
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
    // The last batch takes out all that is left, so that fewer replicas than before also works.
    const removed = state.stale.slice(index * size, isLast ? undefined : (index + 1) * size)
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

interface Batch {
  readonly added: readonly ReplicaRef[]
  readonly removed: readonly ObservedContainer[]
  readonly after: readonly string[]
}

function startFirst(rollout: Rollout, batch: Batch): BatchSteps {
  const {builder, needs} = rollout
  const started: string[] = []
  const ready: string[] = []
  for (const replica of batch.added) {
    const create = planCreate(rollout, replica, {inheritsFrom: undefined, needs: needs.create})
    const start = builder.add({
      ...step(rollout, replica, 'start'),
      operation: {kind: 'start-replica', replica},
      needs: [create, ...needs.start, ...batch.after],
    })
    started.push(start)
    ready.push(...planAdmission(rollout, replica, [start]))
  }

  const out = batch.removed.map((container) =>
    planLeave(rollout, container, {needs: [...ready, ...batch.after], stop: false}),
  )
  return {started, ready, last: out.length > 0 ? out : ready}
}

function stopFirst(rollout: Rollout, batch: Batch): BatchSteps {
  const {builder, needs} = rollout
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
    const start = builder.add({
      ...step(rollout, replica, 'start'),
      operation: {kind: 'start-replica', replica},
      needs: [created[index], ...stopped, ...needs.start, ...batch.after],
      undo: [{kind: 'stop-replica', replica}],
    })
    started.push(start)
    ready.push(...planAdmission(rollout, replica, [start]))
  }

  return {started, ready, last: ready.length > 0 ? ready : stopped}
}
