/**
 * PURE: a service of the model, translated to what the Engine API takes to create a container.
 * It makes the same container as docker compose would (test/engine/stack/container.test.ts compares them field by field).
 */
import type {ContainerBody, EndpointSettings} from '../engine/engine.js'
import type {FileMount} from './file-mounts.js'
import type {Service, Stack} from './model.js'

import {mountFields} from './container-mounts.js'
import {networkFields} from './container-network.js'
import {hostProcessFields, processFields} from './container-process.js'
import {resourceFields} from './container-resources.js'
import {restartPolicy} from './restart-policy.js'

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

export interface ContainerTranslation {
  readonly body: ContainerBody
  /** Networks to connect after the create and before the start; engines before API 1.44 take only one at create. */
  readonly connect: readonly NetworkConnection[]
}

/** The body of the create call, and the networks to connect afterwards. */
export function containerBody(service: Service, context: ContainerContext): ContainerTranslation {
  const network = networkFields(service, context)
  const body: ContainerBody = {
    Image: context.imageId,
    Labels: {...service.compose.labels, ...context.labels},
    ...processFields(service.compose, context.apiVersion),
    ...network.config,
    HostConfig: {
      ...hostProcessFields(service.compose, context),
      ...resourceFields(service.compose),
      ...mountFields(service, context),
      ...network.hostConfig,
      RestartPolicy: context.restartPolicy === 'none' ? {Name: 'no'} : restartPolicy(service),
    },
  }
  return {body, connect: network.connect}
}
