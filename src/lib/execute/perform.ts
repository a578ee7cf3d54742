/** Turns each operation of a plan into calls of the ports. One table; no decisions. */
import type {Operation, ReplicaRef} from '../plan/plan.js'
import type {OperationContext, Perform} from './execute.js'
import type {Site} from './site.js'

import {checkPlatform} from '../build/image-platform.js'
import {ImageError} from '../errors.js'
import {passGate} from '../gate/gate.js'
import {monitorReplicas} from '../gate/monitor.js'
import {sleep} from '../gate/wait.js'
import {watchReplica} from '../gate/watch.js'
import {removeState} from '../release/state.js'
import {provideRouterImage} from '../router/image.js'
import {networkBody, volumeBody} from '../stack/resource-bodies.js'
import {restartPolicy} from '../stack/restart-policy.js'
import {putFiles} from './perform-files.js'
import {runJob} from './perform-job.js'
import {giveBackPorts, takePorts} from './perform-ports.js'
import {publish} from './perform-publish.js'
import {createReplica, removeReplica, renameReplica, startReplica, stopReplica} from './perform-replica.js'
import {removeOldRouter, replaceRouter, restoreRouter} from './perform-router-swap.js'
import {
  configureRouter,
  connectRouter,
  createRouter,
  leaveNetwork,
  removeRouter,
  renameRouterOn,
  startExistingRouter,
  stopRouter,
} from './perform-router.js'

/** The `perform` of an executor, for one site. */
export function performer(site: Site): Perform {
  return async (operation, context) => {
    const action = ACTIONS[operation.kind] as (
      site: Site,
      operation: Operation,
      context: OperationContext,
    ) => Promise<void>
    await action(site, operation, context)
  }
}

type Actions = {
  readonly [Kind in Operation['kind']]: (
    site: Site,
    operation: Extract<Operation, {kind: Kind}>,
    context: OperationContext,
  ) => Promise<void>
}

/** Exhaustive by its type: an operation that nothing carries out does not compile. */
const ACTIONS: Actions = {
  'build-image': (site, operation, context) => provideImage(site, operation, context),
  'pull-image': (site, operation, context) => pullImage(site, operation, context),
  'create-network': (site, {key}) => createNetwork(site, key),
  'create-volume': (site, {key}) => createVolume(site, key),
  'store-files': (site) => putFiles(site),
  'build-router': (site, _, context) => buildRouter(site, context),
  'create-router': (site, operation, {signal}) => createRouter(site, operation, signal),
  'take-ports': (site, {holders}, {signal}) => takePorts(site, holders, signal),
  'give-back-ports': (site, {holders}) => giveBackPorts(site, holders),
  'replace-router': (site, _, {signal}) => replaceRouter(site, signal),
  'restore-router': (site) => restoreRouter(site),
  'remove-old-router': (site) => removeOldRouter(site),
  'start-router': (site, _, {signal}) => startExistingRouter(site, signal),
  'stop-router': (site) => stopRouter(site),
  'remove-router': (site) => removeRouter(site),
  'remove-state': (site, {volume}) => removeState(site.engine, site.stack.project, {volume}),
  'connect-router': (site, operation) => connectRouter(site, operation),
  'rename-router-on': (site, operation) => renameRouterOn(site, operation),
  'configure-router': (site, {keep}) => configureRouter(site, keep),
  'create-replica': (site, operation) => createReplica(site, operation),
  'start-replica': (site, {replica}) => startReplica(site, replica),
  gate: (site, operation, context) => gate(site, operation, context),
  monitor: (site, operation, context) => monitor(site, operation, context),
  watch: (site, {replica}, {signal}) => watch(site, replica, signal),
  accept: (site, operation) => accept(site, operation),
  publish: (site, {replica}, {signal}) => publish(site, replica, signal),
  unpublish: (site, operation, context) => unpublish(site, operation, context),
  'stop-replica': (site, {replica}) => stopReplica(site, replica),
  'restart-replica': (site, {replica}) => site.engine.restartContainer(replica.container),
  'remove-replica': (site, operation) => removeReplica(site, operation),
  'rename-replica': (site, operation) => renameReplica(site, operation),
  'run-hooks': (site, {hooks}, {signal}) => site.facts.runHooks(hooks, signal),
  'run-job': (site, operation, context) => runJob(site, operation, context),
  pause: (_, {ms}, {signal}) => sleep(ms, signal),
  'remove-network': (site, {network}) => removeNetwork(site, network),
  'remove-volume': (site, {volume}) => site.engine.removeVolume(volume),
}

interface WantedImage {
  readonly service: string
  readonly reference: string
}

async function provideImage(site: Site, {reference, service}: WantedImage, context: OperationContext): Promise<void> {
  const id = await site.facts.provideImage(service, {...context, reference})
  site.setImage(service, id)
  const image = await site.engine.inspectImage(id)
  const warning = image && checkPlatform(site.desiredOf(service).service, image, site.facts.info)
  if (warning !== undefined) site.facts.emit({type: 'warning', code: 'W_PLATFORM', message: warning})
}

async function pullImage(site: Site, wanted: WantedImage, context: OperationContext): Promise<void> {
  const {service} = wanted
  try {
    await provideImage(site, wanted, context)
  } catch (error) {
    if (!(error instanceof ImageError) || error.message.includes(`service ${service} `)) throw error
    const {facts, message, suggestions} = error
    throw new ImageError(`service ${service}: ${message}`, {cause: error, suggestions, facts: {...facts, service}})
  }
}

async function createNetwork(site: Site, key: string): Promise<void> {
  const spec = site.stack.networks.find((network) => network.key === key)
  if (spec) await site.engine.createNetwork(spec.name, networkBody(site.stack, spec))
}

/** The router may have joined it, and that is not taken back by itself: a network in use cannot be removed. */
async function removeNetwork(site: Site, network: string): Promise<void> {
  await leaveNetwork(site, network)
  await site.engine.removeNetwork(network)
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
  const {guarded, restored, windowMs} = operation
  const {signal} = context
  if (guarded) return sleep(windowMs, signal)
  const replicas = operation.replicas.map((replica) => replica.container)
  await monitorReplicas({engine: site.engine, replicas, windowMs, restored, signal})
}

/** Runs until the signal ends it; a routed replica is judged by what it answers as well. */
async function watch(site: Site, replica: ReplicaRef, signal: AbortSignal): Promise<void> {
  const {container, service} = replica
  const isRouted = site.desiredOf(service).service.route !== undefined
  const errors = isRouted ? () => site.errors.verdict(replica) : undefined
  await watchReplica({engine: site.engine, container, replica: container, signal, errors})
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
