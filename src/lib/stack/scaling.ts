/** Why a service cannot have that many replicas, as far as reading the stack with so many does not say it. Pure. */
import type {Service} from './model.js'

/** `service`: as it is before it is scaled. One that has several replicas already was allowed to by its file. */
export function scalingObstacle(service: Service, replicas: number): string | undefined {
  if (service.job !== undefined) return 'it is a job and runs once'
  if (service.compose.deploy?.mode === 'global') return 'deploy.mode is global: one replica on each node'
  if (replicas <= 1 || service.replicas > 1) return undefined
  if (service.containerName !== undefined) return `container_name "${service.containerName}" can be had once`
  if (service.sharesWritableVolume) return 'its replicas would write to one volume'
  return service.compose.network_mode === 'host' ? 'it uses the network of the host' : undefined
}
