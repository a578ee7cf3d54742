/** What runs: each service with its replicas as they are and as they should be. Reads only. */
import type {ObservedContainer, ObservedStack} from '../observe/observed.js'
import type {Service} from '../stack/model.js'
import type {Surroundings} from './facts.js'

import {asServed, dormantServices, observeStack} from './facts.js'

export interface ServiceStatus {
  readonly service: string
  readonly state: 'up' | 'degraded' | 'down' | 'done' | 'missing'
  readonly replicas: {readonly ready: number; readonly wanted: number}
  readonly release: number | undefined
  readonly image: string
  /** Host addresses that lead to it. */
  readonly ports: readonly string[]
  readonly containers: readonly ContainerStatus[]
}

export interface ContainerStatus {
  readonly name: string
  readonly state: ObservedContainer['state']
  readonly health: ObservedContainer['health']
  readonly exitCode: number | undefined
  readonly restarts: number
  /** The router sends traffic to it; undefined for a service that is not routed. */
  readonly serving: boolean | undefined
  readonly release: number | undefined
  readonly startedAt: string | undefined
}

export interface StackStatus {
  readonly project: string
  readonly environment: string | undefined
  readonly release: number | undefined
  readonly state: 'up' | 'degraded' | 'down'
  readonly router: 'running' | 'stopped' | 'none'
  readonly services: readonly ServiceStatus[]
  /** Services that have containers and are not in the compose file. */
  readonly orphans: readonly string[]
}

export async function stackStatus(
  surroundings: Pick<Surroundings, 'engine' | 'env' | 'signal' | 'stack'>,
): Promise<StackStatus> {
  const observed = await observeStack(surroundings)
  const stack = asServed(surroundings.stack, observed)
  const services = stack.services.map((service) => serviceStatus(service, observed))
  const known = new Set([
    ...stack.services.map((service) => service.name),
    ...(await dormantServices(surroundings, observed)),
  ])
  const releases = observed.containers.map((container) => container.release ?? 0)
  return {
    project: stack.project,
    environment: stack.environment,
    release: Math.max(0, ...releases) || undefined,
    state: overall(services),
    router: observed.router === undefined ? 'none' : observed.router.running ? 'running' : 'stopped',
    services,
    orphans: [...new Set(observed.containers.map((container) => container.service).filter((name) => !known.has(name)))],
  }
}

function serviceStatus(service: Service, observed: ObservedStack): ServiceStatus {
  const containers = observed.containers.filter((container) => container.service === service.name)
  const ready = containers.filter((container) => isReady(container, service)).length
  const wanted = service.job ? 0 : service.replicas
  return {
    service: service.name,
    state: stateOf(service, containers, ready),
    replicas: {ready, wanted},
    release: Math.max(0, ...containers.map((container) => container.release ?? 0)) || undefined,
    image: containers.at(-1)?.image ?? service.image,
    ports: hostAddresses(service),
    containers: containers.map((container) => containerStatus(container, service)),
  }
}

function isReady(container: ObservedContainer, service: Service): boolean {
  if (container.state !== 'running' || container.health === 'unhealthy') return false
  return service.route === undefined || container.serving
}

function stateOf(service: Service, containers: readonly ObservedContainer[], ready: number): ServiceStatus['state'] {
  if (containers.length === 0) return service.replicas === 0 ? 'done' : 'missing'
  if (service.job)
    return containers.some((container) => container.state === 'exited' && container.exitCode === 0)
      ? 'done'
      : 'degraded'
  if (ready >= service.replicas) return 'up'
  return ready > 0 ? 'degraded' : 'down'
}

function overall(services: readonly ServiceStatus[]): StackStatus['state'] {
  const states = services.map((service) => service.state)
  if (states.every((state) => state === 'up' || state === 'done')) return 'up'
  return states.every((state) => state === 'missing' || state === 'down' || state === 'done') ? 'down' : 'degraded'
}

function hostAddresses(service: Service): string[] {
  return (service.compose.ports ?? [])
    .filter((port) => port.published !== undefined && port.published !== '')
    .map(
      (port) =>
        `${port.host_ip ?? ''}${port.host_ip ? ':' : ''}${port.published}->${port.target}${port.protocol === 'udp' ? '/udp' : ''}`,
    )
}

function containerStatus(container: ObservedContainer, service: Service): ContainerStatus {
  return {
    name: container.name,
    state: container.state,
    health: container.health,
    exitCode: container.state === 'exited' ? container.exitCode : undefined,
    restarts: container.restartCount,
    serving: service.route === undefined ? undefined : container.serving,
    release: container.release,
    startedAt: container.startedAt?.toISOString(),
  }
}
