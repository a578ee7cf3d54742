/** What the translation of a service to a container is given beside the service. Types only. */
import type {EndpointSettings} from '../engine/engine.js'
import type {FileMount} from './file-mounts.js'
import type {Stack} from './model.js'

/** Where the content of configs and secrets lies on the engine's host. */
export interface FileMountSource {
  /** Absolute host path of the file to bind read-only. */
  pathOf(mount: FileMount, service: string): string
}

export interface ContainerContext {
  readonly stack: Stack
  /** Id or digest of the image; what a tag means may change between two creates. */
  readonly imageId: string
  readonly labels: Readonly<Record<string, string>>
  /** Name of the container: its own alias on every network. */
  readonly name: string
  /** false when the router publishes the ports of the service. */
  readonly publishPorts: boolean
  /** false for replicas of a routed service: they are known by nothing but their own name. */
  readonly serviceAlias: boolean
  readonly files: FileMountSource
  /** Container id of another service, for `network_mode`, `pid`, `ipc` and `volumes_from`. */
  readonly containers: (service: string) => string
  /** Version of the Engine API: `1.41`. */
  readonly apiVersion: string
  /** `none`: the engine never restarts it, until it is accepted and gets its real policy. */
  readonly restartPolicy: 'none' | 'real'
}

export interface NetworkConnection {
  /** Name of the network at the engine. */
  readonly network: string
  readonly endpoint: EndpointSettings
}
