/** The router's container: unprivileged, read-only, with its configuration on a volume. Pure. */
import type {ContainerBody} from '../engine/engine.js'
import type {RouterSpec} from './spec.js'

export const ROUTER_LABELS = {
  project: 'dev.stackctl.project',
  role: 'dev.stackctl.role',
  fingerprint: 'dev.stackctl.router.fingerprint',
} as const

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
      [ROUTER_LABELS.project]: facts.project,
      [ROUTER_LABELS.role]: 'router',
      [ROUTER_LABELS.fingerprint]: spec.fingerprint,
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
      Tmpfs: {'/run/router': 'uid=10001,gid=10001,mode=0700'},
      Mounts: [{Type: 'volume', Source: spec.volume, Target: '/var/lib/router'}],
      LogConfig: {Type: 'json-file', Config: {'max-size': '10m', 'max-file': '3'}},
      PidsLimit: 256,
      Memory: 256 * 1024 * 1024,
    },
    NetworkingConfig: {EndpointsConfig: {[spec.homeNetwork]: {}}},
  }
}
