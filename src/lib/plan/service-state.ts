/** Compares one service as wanted with its containers as they are: which stay, which go, which are missing. Pure. */
import type {ObservedContainer, ObservedStack} from '../observe/observed.js'
import type {DesiredService} from './desired.js'

export interface ServiceState {
  readonly wanted: DesiredService
  /** Up to date: at most as many as wanted. */
  readonly current: readonly ObservedContainer[]
  /** Of another configuration, or too many. */
  readonly stale: readonly ObservedContainer[]
  /** Numbers of the replicas that have to be made. */
  readonly missing: readonly number[]
  /** Current ones that do not run. */
  readonly stopped: readonly ObservedContainer[]
  /** Current ones that run and have to pass the gate: the router should serve them but does not, or their release was cut short. */
  readonly unpublished: readonly ObservedContainer[]
  /** Containers that were made and never started: a killed run left them, perhaps without their networks. */
  readonly halfMade: readonly ObservedContainer[]
  readonly because: readonly string[]
}

export interface StateOptions {
  /** Why its replicas are replaced although nothing about them changed; undefined when they are not. */
  readonly recreate?: string | undefined
  /** Release that was cut short. */
  readonly unsettled?: number | undefined
  /** Release of the replicas to be made: their names must not be taken by others of the same release. */
  readonly release: number
}

export function serviceState(wanted: DesiredService, observed: ObservedStack, options: StateOptions): ServiceState {
  const {recreate, unsettled} = options
  const all = observed.containers.filter((container) => container.service === wanted.service.name)
  const halfMade = wanted.service.job ? [] : all.filter((container) => isHalfMade(container))
  const containers = all.filter((container) => !halfMade.includes(container))
  const usable =
    recreate !== undefined ? [] : containers.filter((container) => isCurrent(container, wanted)).toSorted(preferServing)
  const current = usable.slice(0, wanted.service.replicas)
  const stale = containers.filter((container) => !current.includes(container))
  return {
    wanted,
    current,
    stale,
    missing: freeNumbers(wanted.service.replicas - current.length, [
      ...current,
      ...stale.filter((container) => container.release === options.release),
    ]),
    stopped: current.filter((container) => container.state !== 'running'),
    unpublished: current.filter(
      (container) => container.state === 'running' && mustBeAdmitted(container, wanted, unsettled),
    ),
    halfMade,
    because: reasons({wanted, containers, halfMade, current, options}),
  }
}

/** `docker create` without a start, by us or by anybody: it has never held anything. */
function isHalfMade({startedAt, state}: ObservedContainer): boolean {
  return state === 'created' && startedAt === undefined
}

function mustBeAdmitted({release, serving}: ObservedContainer, {service}: DesiredService, unsettled?: number): boolean {
  if (service.job !== undefined || serving) return false
  return service.route !== undefined || (release !== undefined && release === unsettled)
}

function isCurrent(container: ObservedContainer, wanted: DesiredService): boolean {
  return (
    container.configHash === wanted.configHash &&
    container.state !== 'dead' &&
    container.state !== 'removing' &&
    isWhereWanted(container, wanted)
  )
}

/** A route is not part of what containers are made from; one that serves by another route than the wanted one is replaced. */
function isWhereWanted({targets}: ObservedContainer, {service}: DesiredService): boolean {
  return targets === undefined || (service.route?.ports ?? []).every(({port, target}) => targets.get(port) === target)
}

/** What serves is kept before what merely runs, and that before what is stopped. */
function preferServing(left: ObservedContainer, right: ObservedContainer): number {
  return rank(left) - rank(right) || left.number - right.number
}

function rank(container: ObservedContainer): number {
  if (container.serving) return 0
  return container.state === 'running' ? 1 : 2
}

function freeNumbers(count: number, present: readonly ObservedContainer[]): number[] {
  const taken = new Set(present.map((container) => container.number))
  const numbers: number[] = []
  for (let number = 1; numbers.length < count; number += 1) if (!taken.has(number)) numbers.push(number)
  return numbers
}

function reasons(facts: {
  wanted: DesiredService
  containers: readonly ObservedContainer[]
  halfMade: readonly ObservedContainer[]
  current: readonly ObservedContainer[]
  options: StateOptions
}): string[] {
  const {containers, current, halfMade, options, wanted} = facts
  if (containers.length === 0 && halfMade.length === 0) return ['it does not exist yet']
  if (options.recreate !== undefined) return [options.recreate]
  const because: string[] = []
  if (halfMade.length > 0 || current.some(({release}) => release !== undefined && release === options.unsettled))
    because.push('an earlier run was cut short')
  because.push(...differences(containers, wanted))
  if (because.length === 0 && containers.length !== wanted.service.replicas)
    because.push(`${wanted.service.replicas} replicas are wanted, there are ${containers.length}`)
  if (current.some((container) => container.state !== 'running')) because.push('it is not running')
  const isIdle = ({serving, state}: ObservedContainer): boolean => state === 'running' && !serving
  if (wanted.service.route && current.some((container) => isIdle(container)))
    because.push('the router does not serve it')
  return because
}

/** How its containers are other than wanted. */
function differences(containers: readonly ObservedContainer[], wanted: DesiredService): string[] {
  const because: string[] = []
  const changed = containers.filter((container) => container.configHash !== wanted.configHash)
  if (containers.some((container) => !changed.includes(container) && !isWhereWanted(container, wanted)))
    because.push('its route changed')
  if (changed.some((container) => container.configHash === undefined)) because.push('docker compose made it')
  if (changed.some((container) => container.configHash !== undefined))
    because.push(wanted.image.state === 'present' ? 'its configuration or image changed' : wanted.image.because)
  return because
}

/** The service once its router has stopped: nothing is left to be drained. */
export function unpublished(state: ServiceState): ServiceState {
  return {...state, stale: state.stale.map((container) => ({...container, published: false}))}
}

export function isJob({wanted}: ServiceState): boolean {
  return wanted.service.job !== undefined
}
