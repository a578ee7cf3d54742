/** The status of a stack as text. Pure. */
import type {ContainerStatus, ServiceStatus, StackStatus} from './status.js'

import {formatAge} from '../progress/duration.js'
import {formatTable} from '../table.js'

export function formatStatus(status: StackStatus, options: {replicas: boolean; now: Date}): string {
  const release = status.release === undefined ? '' : `, release ${status.release}`
  const router = status.router === 'none' ? '' : `, router ${status.router}`
  const head = `${status.project}: ${status.state}${release}${router}`
  const table = options.replicas ? replicaTable(status, options.now) : serviceTable(status)
  const orphans = status.orphans.length > 0 ? ['', `not in the compose file: ${status.orphans.join(', ')}`] : []
  return [head, '', table, ...orphans].join('\n')
}

function serviceTable(status: StackStatus): string {
  return formatTable(
    ['SERVICE', 'STATE', 'REPLICAS', 'RELEASE', 'IMAGE', 'PORTS'],
    status.services.map((service) => [
      service.service,
      service.state,
      replicasOf(service),
      service.release === undefined ? '-' : `r${service.release}`,
      service.image,
      service.ports.join(', '),
    ]),
  )
}

function replicasOf(service: ServiceStatus): string {
  return service.state === 'done' && service.replicas.wanted === 0
    ? '-'
    : `${service.replicas.ready}/${service.replicas.wanted}`
}

function replicaTable(status: StackStatus, now: Date): string {
  return formatTable(
    ['REPLICA', 'STATE', 'HEALTH', 'SERVES', 'RESTARTS', 'UP'],
    status.services.flatMap((service) => service.containers.map((container) => replicaRow(container, now))),
  )
}

function replicaRow(container: ContainerStatus, now: Date): string[] {
  return [
    container.name,
    container.exitCode === undefined ? container.state : `${container.state} (${container.exitCode})`,
    container.health === 'none' ? '-' : container.health,
    container.serving === undefined ? '-' : container.serving ? 'yes' : 'no',
    String(container.restarts),
    container.state === 'running' && container.startedAt !== undefined
      ? formatAge(now.getTime() - Date.parse(container.startedAt))
      : '-',
  ]
}
