/**
 * PURE: a service of the model, translated to what the Engine API takes to create a container.
 * It makes the same container as docker compose would (test/engine/stack/container.test.ts compares them field by field).
 */
import type {ContainerBody} from '../engine/engine.js'
import type {ContainerContext, NetworkConnection} from './container-context.js'
import type {Service} from './model.js'

import {mountFields} from './container-mounts.js'
import {networkFields} from './container-network.js'
import {hostProcessFields, processFields} from './container-process.js'
import {resourceFields} from './container-resources.js'
import {restartPolicy} from './restart-policy.js'

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
