/**
 * Host ports pass from containers that publish them by themselves to the router.
 *
 * The engine publishes the ports of a container when it starts, or when it gets the network that leads outside, and lets
 * nobody else have them meanwhile. So the router that serves already cannot get them: one that has them is made ready
 * beside it, up to its start, and takes its place. What clients notice is the time between the holder's leaving its network,
 * which frees its ports at once and lets it run on, and the answer of the new router.
 */
import type {ContainerFacts, EndpointSettings} from '../engine/engine.js'
import type {ReplicaRef} from '../plan/plan.js'
import type {Parting, Site} from './site.js'

import {EngineError} from '../errors.js'
import {hostPortsOf} from '../observe/observe-router.js'
import {RouterControl} from '../router/control.js'
import {renderConfig} from '../router/render.js'
import {routerName, routerNextName, routerOldName} from '../router/spec.js'
import {createRouterContainer} from '../router/start.js'
import {EARLIER_CONFIG_PATH, storeConfig} from '../router/stored-config.js'
import {removeOldRouter, restoreRouter} from './perform-router-swap.js'
import {renameRouterOn, specOf} from './perform-router.js'

/** Requests to a release that is taken back get this long, because nobody else can have the ports until they have ended. */
const GIVE_BACK_GRACE_MS = 1000

export async function takePorts(site: Site, holders: readonly ReplicaRef[], signal: AbortSignal): Promise<void> {
  const {engine, stack} = site
  const before = await engine.inspectContainer(routerName(stack.project))
  if (before === undefined) throw new EngineError('the router that is to take host ports over is gone')
  const next = await prepare(site, before)
  const name = routerOldName(stack.project)
  const leaving = await Promise.all(holders.map(async (holder) => ({holder, places: await placesOf(site, holder)})))
  signal.throwIfAborted()
  const holdsPorts = hostPortsOf(before).length > 0
  // Under its other name nobody starts it again because it is needed.
  if (holdsPorts) await engine.renameContainer(before.Id, name)
  await Promise.all([
    ...leaving.map(({holder, places}) => leave(site, holder, places)),
    ...(holdsPorts ? [engine.stopContainer(before.Id)] : []),
  ])
  await engine.startContainer(next)
  await new RouterControl(engine, next).ready()
  if (!holdsPorts) await engine.renameContainer(before.Id, name)
  await engine.renameContainer(next, routerName(stack.project))
  site.router.forget()
  // Only now, because a name leads to it before it answers. Until then the other one has them, and afterwards both.
  for (const {aliases, name: network} of specOf(site).networks) await renameRouterOn(site, {network, aliases})
}

/** Everything but the start of the router that will have the ports. It reads what the other one has written. */
async function prepare(site: Site, before: ContainerFacts): Promise<string> {
  const {engine, stack} = site
  const spec = specOf(site)
  const containerName = routerNextName(stack.project)
  await removeOldRouter(site)
  await engine.removeContainer(containerName, {force: true})
  await storeConfig(engine, before.Id, {
    config: renderConfig(await site.router.readTable()),
    path: EARLIER_CONFIG_PATH,
  })
  const networks = spec.networks.map((network) => ({...network, aliases: []}))
  return createRouterContainer(engine, {
    spec: {...spec, containerName, networks},
    project: stack.project,
    image: spec.image,
  })
}

/** The networks of a container that runs, in the order in which it has to leave them: the one that its ports are on last. */
async function placesOf(site: Site, {container}: ReplicaRef): Promise<readonly Parting[]> {
  const facts = await site.engine.inspectContainer(container)
  if (!facts?.State.Running) return []
  return Object.entries(facts.NetworkSettings.Networks ?? {})
    .map(([network, endpoint]) => ({network, address: endpoint.IPAddress, endpoint: settingsOf(endpoint)}))
    .toSorted(byPrecedence)
}

/** What the engine goes by: an explicit priority (engine 28 on), then the network's name. */
function byPrecedence(left: Parting, right: Parting): number {
  const difference = priorityOf(left) - priorityOf(right)
  if (difference !== 0) return difference
  return left.network < right.network ? 1 : -1
}

function priorityOf({endpoint}: Parting): number {
  return (endpoint as {GwPriority?: number}).GwPriority ?? 0
}

/** As it was asked for; what the engine has added by itself it will add again. */
function settingsOf(endpoint: EndpointSettings): EndpointSettings {
  const isAsked = ([key, value]: [string, unknown]): boolean => ASKED.has(key) && value !== null
  return Object.fromEntries(Object.entries(endpoint).filter((entry) => isAsked(entry)))
}

const ASKED: ReadonlySet<string> = new Set(['Aliases', 'DriverOpts', 'GwPriority', 'IPAMConfig', 'Links'])

async function leave(site: Site, {container}: ReplicaRef, places: readonly Parting[]): Promise<void> {
  if (places.length === 0) return
  site.partings.set(container, places)
  for (const {network} of places) await site.engine.disconnectNetwork(network, container)
}

/** Also after a move that got half way. */
export async function giveBackPorts(site: Site, holders: readonly ReplicaRef[]): Promise<void> {
  const {engine, stack} = site
  await endTaker(site)
  await Promise.all(holders.map((holder) => comeBack(site, holder)))
  await restoreRouter(site)
  await engine.startContainer(routerName(stack.project))
  await site.router.ready()
}

/** The router that has, or was about to get, the ports. */
async function endTaker(site: Site): Promise<void> {
  const {engine, stack} = site
  const hasPlace = (await engine.inspectContainer(routerOldName(stack.project))) !== undefined
  const names = [routerNextName(stack.project), ...(hasPlace ? [routerName(stack.project)] : [])]
  for (const name of names) {
    const taker = await engine.inspectContainer(name)
    if (taker === undefined) continue
    if (taker.State.Running) await engine.stopContainer(taker.Id, {graceMs: GIVE_BACK_GRACE_MS})
    await engine.removeContainer(taker.Id, {force: true})
  }
}

/** On its networks again it has its ports again. Connections that it made survive if its addresses are the same; else it starts anew. */
async function comeBack(site: Site, {container}: ReplicaRef): Promise<void> {
  const places = site.partings.get(container) ?? []
  if (places.length === 0) return
  const left = (await site.engine.inspectContainer(container))?.NetworkSettings.Networks ?? {}
  for (const {endpoint, network} of places.toReversed())
    if (left[network] === undefined) await site.engine.connectNetwork(network, container, endpoint)
  site.partings.delete(container)
  const facts = await site.engine.inspectContainer(container)
  const isWhereItWas = places.every(
    ({address, network}) => facts?.NetworkSettings.Networks[network]?.IPAddress === address,
  )
  if (!isWhereItWas) await site.engine.restartContainer(container)
}
