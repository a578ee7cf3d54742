/**
 * Published ports change with the router's container only; names and ports are served again within the second that it
 * takes. The old container is kept, stopped, until the deploy has come to its end: going back needs its ports.
 */
import type {ContainerFacts} from '../engine/engine.js'
import type {RouterTable} from '../router/table.js'
import type {Site} from './site.js'

import {renderConfig} from '../router/render.js'
import {routerName, routerNextName, routerOldName} from '../router/spec.js'
import {EARLIER_CONFIG_PATH, storeConfig, storedTable} from '../router/stored-config.js'
import {EMPTY_TABLE} from '../router/table.js'
import {makeRouter, specOf} from './perform-router.js'

export async function replaceRouter(site: Site, signal: AbortSignal): Promise<void> {
  const old = await site.engine.inspectContainer(routerName(site.stack.project))
  const table = await tableOf(site, old)
  if (old) {
    await removeOldRouter(site)
    // Before anything is done to it: whoever finds the old one under its other name finds what it served beside it.
    await storeConfig(site.engine, old.Id, {config: renderConfig(table), path: EARLIER_CONFIG_PATH})
    await site.engine.renameContainer(old.Id, routerOldName(site.stack.project))
    await site.engine.stopContainer(old.Id)
  }

  await makeRouter(site, {spec: specOf(site), table, signal})
}

async function tableOf(site: Site, router: ContainerFacts | undefined): Promise<RouterTable> {
  if (router === undefined) return EMPTY_TABLE
  if (router.State.Running) return site.router.readTable()
  return (await storedTable(site.engine, router.Id)) ?? EMPTY_TABLE
}

/**
 * Puts the router back that was replaced, with what it served then; also when its successor was never made, and when
 * another process replaced it.
 */
export async function restoreRouter(site: Site): Promise<void> {
  const old = await site.engine.inspectContainer(routerOldName(site.stack.project))
  if (old === undefined) return
  // Of a run that was killed while host ports moved: it may hold them.
  await site.engine.removeContainer(routerNextName(site.stack.project), {force: true})
  const name = routerName(site.stack.project)
  const successor = await site.engine.inspectContainer(name)
  if (successor) {
    await site.engine.stopContainer(successor.Id)
    await site.engine.removeContainer(successor.Id, {force: true})
  }

  const table = await storedTable(site.engine, old.Id, EARLIER_CONFIG_PATH)
  if (table) await storeConfig(site.engine, old.Id, {config: renderConfig(table)})
  site.router.forget()
  await site.engine.renameContainer(old.Id, name)
  await site.engine.startContainer(old.Id)
  await site.router.ready()
}

/** One that took no host ports along still runs: requests that came to it by a service's name may end (HAProxy's soft stop). */
export async function removeOldRouter(site: Site): Promise<void> {
  const old = await site.engine.inspectContainer(routerOldName(site.stack.project))
  if (old === undefined) return
  if (old.State.Running) await site.engine.stopContainer(old.Id)
  await site.engine.removeContainer(old.Id, {force: true})
}
