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
  /** Current ones that run and that the router should serve but does not. */
  readonly unpublished: readonly ObservedContainer[]
  readonly because: readonly string[]
}

/** `recreate`: why its replicas are replaced although nothing about them changed; undefined when they are not. */
export function serviceState(
  wanted: DesiredService,
  observed: ObservedStack,
  recreate: string | undefined,
): ServiceState {
  const containers = observed.containers.filter((container) => container.service === wanted.service.name)
  const usable =
    recreate !== undefined ? [] : containers.filter((container) => isCurrent(container, wanted)).toSorted(preferServing)
  const current = usable.slice(0, wanted.service.replicas)
  const stale = containers.filter((container) => !current.includes(container))
  return {
    wanted,
    current,
    stale,
    missing: freeNumbers(wanted.service.replicas - current.length, current),
    stopped: current.filter((container) => container.state !== 'running'),
    unpublished:
      wanted.service.route === undefined
        ? []
        : current.filter((container) => container.state === 'running' && !container.serving),
    because: reasons({wanted, containers, current, recreate}),
  }
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

function freeNumbers(count: number, current: readonly ObservedContainer[]): number[] {
  const taken = new Set(current.map((container) => container.number))
  const numbers: number[] = []
  for (let number = 1; numbers.length < count; number += 1) if (!taken.has(number)) numbers.push(number)
  return numbers
}

function reasons(facts: {
  wanted: DesiredService
  containers: readonly ObservedContainer[]
  current: readonly ObservedContainer[]
  recreate: string | undefined
}): string[] {
  const {containers, current, recreate, wanted} = facts
  if (containers.length === 0) return ['it does not exist yet']
  if (recreate !== undefined) return [recreate]
  const because: string[] = []
  if (containers.some((container) => container.configHash === wanted.configHash && !isWhereWanted(container, wanted)))
    because.push('its route changed')
  const changed = containers.filter((container) => container.configHash !== wanted.configHash)
  if (changed.some((container) => container.configHash === undefined)) because.push('docker compose made it')
  if (changed.some((container) => container.configHash !== undefined)) {
    because.push(wanted.image.state === 'present' ? 'its configuration or image changed' : wanted.image.because)
  }

  if (changed.length === 0 && because.length === 0 && containers.length !== wanted.service.replicas)
    because.push(`${wanted.service.replicas} replicas are wanted, there are ${containers.length}`)
  if (current.some((container) => container.state !== 'running')) because.push('it is not running')
  const isIdle = ({serving, state}: ObservedContainer): boolean => state === 'running' && !serving
  if (wanted.service.route && current.some((container) => isIdle(container)))
    because.push('the router does not serve it')
  return because
}

/** The service once its router has stopped: nothing is left to be drained. */
export function unpublished(state: ServiceState): ServiceState {
  return {...state, stale: state.stale.map((container) => ({...container, published: false}))}
}

export function isJob({wanted}: ServiceState): boolean {
  return wanted.service.job !== undefined
}
