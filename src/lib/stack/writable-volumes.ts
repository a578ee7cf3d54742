/** Which mounts of a service are written to and outlive a container. */
import type {ComposeService, ComposeVolume} from './compose-types.js'

/** Named volumes and read-write binds: old and new replica would write to them at the same time. */
export function sharesWritableVolume(compose: ComposeService): boolean {
  return (compose.volumes ?? []).some(isShared) || (compose.volumes_from ?? []).some((from) => !from.endsWith(':ro'))
}

function isShared(volume: ComposeVolume): boolean {
  if (volume.read_only) return false
  // Anonymous volumes and tmpfs are each replica's own; a socket is a door, not storage.
  if (volume.type === 'volume' || volume.type === 'cluster') return Boolean(volume.source)
  return volume.type === 'bind' && !volume.source?.endsWith('.sock')
}
