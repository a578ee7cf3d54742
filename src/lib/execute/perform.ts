/** Turns each operation of a plan into calls of the ports. One exhaustive switch; no decisions. */
import type {Operation} from '../plan/plan.js'
import type {OperationContext, Perform} from './execute.js'
import type {Site} from './site.js'

import {passGate} from '../gate/gate.js'
import {monitorReplicas} from '../gate/monitor.js'
import {sleep} from '../gate/wait.js'
import {removeState} from '../release/state.js'
import {provideRouterImage} from '../router/image.js'
import {networkBody, volumeBody} from '../stack/resource-bodies.js'
import {restartPolicy} from '../stack/restart-policy.js'
import {putFiles} from './perform-files.js'
import {runJob} from './perform-job.js'
import {createReplica, removeReplica, renameReplica, startReplica, stopReplica} from './perform-replica.js'
import {
  configureRouter,
  connectRouter,
  createRouter,
  removeRouter,
  renameRouterOn,
  replaceRouter,
  startExistingRouter,
  stopRouter,
} from './perform-router.js'

/** The `perform` of an executor, for one site. */
export function performer(site: Site): Perform {
  return (operation, context) => perform(site, operation, context)
}

async function perform(site: Site, operation: Operation, context: OperationContext): Promise<void> {
  switch (operation.kind) {
    case 'build-image':
    case 'pull-image':
      return provideImage(site, operation.service, context)
    case 'create-network':
      return createNetwork(site, operation.key)
    case 'create-volume':
      return createVolume(site, operation.key)
    case 'store-files':
      return putFiles(site)
    case 'build-router':
      return buildRouter(site, context)
    case 'create-router':
      return createRouter(site, context.signal)
    case 'replace-router':
      return replaceRouter(site, context.signal)
    case 'start-router':
      return startExistingRouter(site, context.signal)
    case 'stop-router':
      return stopRouter(site)
    case 'remove-state':
      return removeState(site.engine, site.stack.project, {volume: operation.volume})
    case 'remove-router':
      return removeRouter(site)
    case 'connect-router':
      return connectRouter(site, operation)
    case 'rename-router-on':
      return renameRouterOn(site, operation)
    case 'configure-router':
      return configureRouter(site, operation.keep)
    case 'create-replica':
      return createReplica(site, operation)
    case 'start-replica':
      return startReplica(site, operation.replica)
    case 'gate':
      return gate(site, operation, context)
    case 'monitor':
      return monitor(site, operation, context)
    case 'accept':
      return accept(site, operation)
    case 'publish':
      return site.router.publish(operation.replica.service, operation.replica.container, context.signal)
    case 'unpublish':
      return unpublish(site, operation, context)
    case 'stop-replica':
      return stopReplica(site, operation.replica)
    case 'restart-replica':
      return site.engine.restartContainer(operation.replica.container)
    case 'remove-replica':
      return removeReplica(site, operation.replica)
    case 'rename-replica':
      return renameReplica(site, operation)
    case 'run-job':
      return runJob(site, operation, context)
    case 'pause':
      return sleep(operation.ms, context.signal)
    case 'remove-network':
      return site.engine.removeNetwork(operation.network)
    case 'remove-volume':
      return site.engine.removeVolume(operation.volume)
  }
}

async function provideImage(site: Site, service: string, context: OperationContext): Promise<void> {
  site.setImage(service, await site.facts.provideImage(service, context))
}

async function createNetwork(site: Site, key: string): Promise<void> {
  const spec = site.stack.networks.find((network) => network.key === key)
  if (spec) await site.engine.createNetwork(spec.name, networkBody(site.stack, spec))
}

async function createVolume(site: Site, key: string): Promise<void> {
  const spec = site.stack.volumes.find((volume) => volume.key === key)
  if (spec) await site.engine.createVolume(spec.name, volumeBody(site.stack, spec))
}

async function buildRouter(site: Site, context: OperationContext): Promise<void> {
  const spec = site.facts.desired.router?.spec
  if (spec) await provideRouterImage(site.engine, spec.image, {onProgress: context.progress, signal: context.signal})
}

async function gate(
  site: Site,
  operation: Extract<Operation, {kind: 'gate'}>,
  context: OperationContext,
): Promise<void> {
  const {replica} = operation
  const {service} = site.desiredOf(replica.service)
  const passed = await passGate({
    engine: site.engine,
    container: replica.container,
    replica: replica.container,
    policy: service.gate,
    accepts:
      service.route &&
      (() => site.router.canConnect(replica.container, service.route?.ports.map((port) => port.target) ?? [])),
    onProgress: context.progress,
    signal: context.signal,
  })
  if (passed.basis === 'running') {
    const message = `${service.name} has no health check: its replica counts as healthy because it keeps running`
    site.facts.emit({type: 'warning', code: 'W_NO_HEALTHCHECK', message})
  }
}

async function monitor(
  site: Site,
  operation: Extract<Operation, {kind: 'monitor'}>,
  context: OperationContext,
): Promise<void> {
  const replicas = operation.replicas.map((replica) => replica.container)
  await monitorReplicas({engine: site.engine, replicas, windowMs: operation.windowMs, signal: context.signal})
}

/** New replicas are never restarted by the engine until they are accepted: a crash loop must be seen. */
async function accept(site: Site, operation: Extract<Operation, {kind: 'accept'}>): Promise<void> {
  const policy = restartPolicy(site.desiredOf(operation.replica.service).service)
  if (policy.Name === '' || policy.Name === 'no') return
  await site.engine.setRestartPolicy(operation.replica.container, policy)
}

async function unpublish(
  site: Site,
  operation: Extract<Operation, {kind: 'unpublish'}>,
  context: OperationContext,
): Promise<void> {
  const {allowEmpty, drainTimeoutMs, replica} = operation
  const result = await site.router.unpublish(replica.service, replica.container, {
    drainTimeoutMs,
    allowEmpty,
    signal: context.signal,
  })
  if (result.drained) return
  const message = `${replica.container} still had ${result.remaining} requests in flight after ${drainTimeoutMs / 1000} s; they will be cut`
  site.facts.emit({type: 'warning', code: 'W_DRAIN_TIMEOUT', message})
}
