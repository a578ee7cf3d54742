/**
 * Published ports change with the router's container only; names and ports are served again within the second that it
 * takes. The old container is kept, stopped, until the deploy has come to its end: going back needs its ports.
 */
import type {Site} from './site.js'

import {renderConfig} from '../router/render.js'
import {routerName} from '../router/spec.js'
import {putConfig} from '../router/start.js'
import {EMPTY_TABLE} from '../router/table.js'
import {makeRouter} from './perform-router.js'

export async function replaceRouter(site: Site, signal: AbortSignal): Promise<void> {
  const old = await site.engine.inspectContainer(routerName(site.stack.project))
  const table = old?.State.Running ? await site.router.readTable() : EMPTY_TABLE
  site.routerBefore = table
  if (old) {
    await removeOldRouter(site)
    await site.engine.renameContainer(old.Id, oldName(site))
    await site.engine.stopContainer(old.Id)
  }

  await makeRouter(site, table, signal)
}

/** Puts the router back that was replaced, with what it served then; also when its successor was never made. */
export async function restoreRouter(site: Site): Promise<void> {
  const old = await site.engine.inspectContainer(oldName(site))
  if (old === undefined) return
  const name = routerName(site.stack.project)
  const successor = await site.engine.inspectContainer(name)
  if (successor) {
    await site.engine.stopContainer(successor.Id)
    await site.engine.removeContainer(successor.Id, {force: true})
  }

  await putConfig(site.engine, old.Id, renderConfig(site.routerBefore))
  site.router.forget()
  await site.engine.renameContainer(old.Id, name)
  await site.engine.startContainer(old.Id)
  await site.router.ready()
}

export async function removeOldRouter(site: Site): Promise<void> {
  await site.engine.removeContainer(oldName(site), {force: true})
}

function oldName(site: Site): string {
  return `${routerName(site.stack.project)}-old`
}
