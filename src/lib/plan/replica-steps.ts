/** What happens to one replica in a rollout, as steps: made, admitted, taken out, renamed. Pure. */
import type {ObservedContainer} from '../observe/observed.js'
import type {PlanBuilder} from './builder.js'
import type {Operation, ReplicaRef} from './plan.js'
import type {ServiceState} from './service-state.js'

import {plannedGateDeadlineMs} from '../stack/gate-deadline.js'

export interface RolloutNeeds {
  /** Before a container is created: image, networks, volumes, files. */
  readonly create: readonly string[]
  /** Before it starts: what it depends on is ready, jobs have run. */
  readonly start: readonly string[]
  /** Before it is published. */
  readonly router: readonly string[]
  /** Before an old replica stops. */
  readonly leave: readonly string[]
}

/** The rollout of one service, while it is planned. */
export interface Rollout {
  readonly builder: PlanBuilder
  readonly state: ServiceState
  readonly needs: RolloutNeeds
  readonly release: number
  /** Release that was cut short. */
  readonly unsettled?: number | undefined
  readonly project: string
  readonly because: string
  /** Old containers that run until their host ports have passed to the router, and leave by that. */
  readonly handedOver: readonly ObservedContainer[]
}

export function planCreate(
  rollout: Rollout,
  replica: ReplicaRef,
  facts: {inheritsFrom: string | undefined; needs: readonly string[]},
): string {
  return rollout.builder.add({
    ...step(rollout, replica, 'create'),
    operation: {kind: 'create-replica', replica, inheritsFrom: facts.inheritsFrom},
    needs: facts.needs,
    undo: [{kind: 'remove-replica', replica}],
  })
}

/** Starts a replica. One that is given up keeps what it has, and gets its real restart policy: it is left to be looked at. */
export function planStart(
  rollout: Rollout,
  replica: ReplicaRef,
  facts: {needs: readonly (string | undefined)[]; undo: readonly Operation[]},
): string {
  return rollout.builder.add({
    ...step(rollout, replica, 'start'),
    operation: {kind: 'start-replica', replica},
    giveUp: [{kind: 'accept', replica}],
    ...facts,
  })
}

/** Gate → soak → real restart policy → published. Answers the last step. */
export function planAdmission(rollout: Rollout, replica: ReplicaRef, needs: readonly string[]): string[] {
  const {builder, state} = rollout
  const {route} = state.wanted.service
  const deadlineMs = plannedGateDeadlineMs(state.wanted.service)
  const gate = builder.add({...step(rollout, replica, 'gate'), operation: {kind: 'gate', replica, deadlineMs}, needs})
  const {soakMs} = state.wanted.service
  const soak =
    soakMs === undefined
      ? gate
      : builder.add({
          ...step(rollout, replica, 'soak'),
          operation: {kind: 'monitor', replicas: [replica], windowMs: soakMs},
          because: 'x-stackctl.soak',
          needs: [gate],
        })
  const guard = guardFor(rollout, replica)
  const accept = builder.add({
    ...step(rollout, replica, 'accept'),
    operation: {kind: 'accept', replica},
    needs: [soak],
    guard: route === undefined ? guard : undefined,
  })
  if (route === undefined) return [accept]
  const undo: Operation = {kind: 'unpublish', replica, drainTimeoutMs: route.drainTimeoutMs, allowEmpty: true}
  return [
    builder.add({
      ...step(rollout, replica, 'publish'),
      operation: {kind: 'publish', replica},
      needs: [accept, ...rollout.needs.router],
      undo: [undo],
      giveUp: [undo],
      guard,
    }),
  ]
}

/** A new replica is watched for as long as there is something to go back to. */
function guardFor({state}: Rollout, replica: ReplicaRef): Operation | undefined {
  if (state.stale.length === 0 || !state.missing.includes(replica.number)) return undefined
  const siblings = state.stale.filter((container) => container.state === 'running').map((container) => refOf(container))
  return {kind: 'watch', replica, siblings}
}

/** Takes an old replica out of service: unpublished and drained when it serves through the router, stopped otherwise. */
export function planLeave(
  rollout: Rollout,
  container: ObservedContainer,
  leave: {needs: readonly string[]; stop: boolean},
): string {
  const {builder, state} = rollout
  const {needs, stop} = leave
  const replica = refOf(container)
  const {route} = state.wanted.service
  const suffix = `old-${container.name}`
  let last = needs
  if (container.published) {
    const drainTimeoutMs = route?.drainTimeoutMs ?? DEFAULT_DRAIN_TIMEOUT_MS
    const allowEmpty = stop || state.wanted.service.replicas === 0
    last = [
      builder.add({
        ...named(rollout, `${suffix}/unpublish`),
        operation: {kind: 'unpublish', replica, drainTimeoutMs, allowEmpty},
        needs,
        undo: [{kind: 'publish', replica}],
      }),
    ]
    if (!stop) return last[0] ?? ''
  }

  const undo: Operation[] = container.state === 'running' ? [{kind: 'start-replica', replica}] : []
  // Whoever reads that the old release serves again may rely on it: what was healthy has to become so again.
  if (container.state === 'running' && isReady(container)) undo.push({kind: 'gate', replica})
  return builder.add({
    ...named(rollout, `${suffix}/stop`),
    operation: {kind: 'stop-replica', replica},
    needs: last,
    undo,
  })
}

/** One that was still on its way when a run was killed may never get there. */
function isReady({health}: ObservedContainer): boolean {
  return health === 'healthy' || health === 'none'
}

const DEFAULT_DRAIN_TIMEOUT_MS = 30_000

/** A fixed `container_name` is needed by the new container while the old one is still there. */
export function planRename(rollout: Rollout, container: ObservedContainer): string {
  const replica = refOf(container)
  const to = replacedName(rollout, container)
  return rollout.builder.add({
    ...named(rollout, `old-${container.name}/rename`),
    operation: {kind: 'rename-replica', replica, to},
    needs: rollout.needs.create,
    undo: [{kind: 'rename-replica', replica: {...replica, container: to}, to: container.name}],
  })
}

export function asRenamed(rollout: Rollout, container: ObservedContainer, renamed: boolean): ObservedContainer {
  return renamed ? {...container, name: replacedName(rollout, container)} : container
}

/** The name of a container that made room for one of the same fixed name. */
export function replacedName(facts: {readonly release: number}, container: ObservedContainer): string {
  return `${container.name}-before-r${facts.release}`
}

export function newReplica(rollout: Rollout, number: number): ReplicaRef {
  const {service} = rollout.state.wanted
  return {
    service: service.name,
    number,
    container: service.containerName ?? `${rollout.project}-${service.name}-r${rollout.release}-${number}`,
  }
}

export function refOf(container: ObservedContainer): ReplicaRef {
  return {service: container.service, number: container.number, container: container.name}
}

export function step(
  rollout: Rollout,
  replica: ReplicaRef,
  what: string,
): {id: string; because: string; service: string; lane: string} {
  return {...named(rollout, `${replica.number}/${what}`), lane: `${replica.service}/${replica.number}`}
}

export function named(rollout: Rollout, what: string): {id: string; because: string; service: string} {
  const {name} = rollout.state.wanted.service
  return {id: `${name}/${what}`, because: rollout.because, service: name}
}
