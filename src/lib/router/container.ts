/** The router's container: unprivileged, read-only, with its configuration on a volume. Pure. */
import type {ContainerBody} from '../engine/engine.js'
import type {RouterSpec} from './spec.js'

import {OWN_LABELS} from '../labels.js'

/** Which router a container is: it is made anew when this changes. */
export const FINGERPRINT_LABEL = 'dev.stackctl.router.fingerprint'

/** How long requests in flight may take when the whole stack is stopped. */
const STOP_GRACE_SECONDS = 10

export function routerContainer(spec: RouterSpec, facts: {project: string; imageId: string}): ContainerBody {
  const exposed = Object.fromEntries(spec.bindings.map((binding) => [`${binding.listen}/tcp`, {}]))
  const bindings = Object.fromEntries(
    spec.bindings.map((binding) => [
      `${binding.listen}/tcp`,
      [{HostIp: binding.hostIp, HostPort: binding.hostPort === 0 ? '' : String(binding.hostPort)}],
    ]),
  )
  return {
    Image: facts.imageId,
    Labels: {
      [OWN_LABELS.project]: facts.project,
      [OWN_LABELS.role]: 'router',
      [FINGERPRINT_LABEL]: spec.fingerprint,
    },
    ExposedPorts: exposed,
    StopTimeout: STOP_GRACE_SECONDS,
    HostConfig: {
      PortBindings: bindings,
      NetworkMode: spec.homeNetwork,
      RestartPolicy: {Name: 'unless-stopped'},
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      // Service names may be reached on ports below 1024.
      Sysctls: {'net.ipv4.ip_unprivileged_port_start': '0'},
      // A name that does not resolve, of a replica that is gone, holds up a check, a start and a reload: 5 s and more with
      // the resolver's own patience.
      DnsOptions: ['timeout:1', 'attempts:1'],
      Tmpfs: {'/run/router': 'uid=10001,gid=10001,mode=0700'},
      Mounts: [{Type: 'volume', Source: spec.volume, Target: '/var/lib/router'}],
      LogConfig: {Type: 'json-file', Config: {'max-size': '10m', 'max-file': '3'}},
      PidsLimit: 256,
      Memory: 256 * 1024 * 1024,
    },
    NetworkingConfig: {EndpointsConfig: {[spec.homeNetwork]: {}}},
  }
}
