/** The router of a stack as it is, also when a run was killed while it was being made or replaced. */
import type {ContainerFacts, Engine} from '../engine/engine.js'
import type {ObservedRouter, ObservedStack} from './observed.js'

import {OWN_LABELS} from '../labels.js'
import {FINGERPRINT_LABEL} from '../router/container.js'
import {RouterControl} from '../router/control.js'
import {routerName, routerOldName} from '../router/spec.js'
import {storedTable} from '../router/stored-config.js'
import {EMPTY_TABLE} from '../router/table.js'

/** One that is being replaced goes by another name until it is removed. */
export async function observeRouter(
  engine: Engine,
  project: string,
): Promise<{router: ObservedRouter | undefined; leftover: ObservedStack['routerLeftover']}> {
  const labels = [`${OWN_LABELS.project}=${project}`, `${OWN_LABELS.role}=router`]
  const summaries = await engine.listContainers(labels)
  const inspect = async (name: string): Promise<ContainerFacts | undefined> => {
    const summary = summaries.find((candidate) => candidate.name === name)
    return summary && engine.inspectContainer(summary.id)
  }

  const [current, old] = [await inspect(routerName(project)), await inspect(routerOldName(project))]
  const hasRun = current !== undefined && current.State.Status !== 'created'
  const leftover = old && (hasRun ? 'obsolete' : 'serves-again')
  const facts = leftover === 'serves-again' ? old : current
  return {router: facts && (await routerOf(engine, facts)), leftover}
}

async function routerOf(engine: Engine, facts: ContainerFacts): Promise<ObservedRouter> {
  const running = facts.State.Running
  const endpoints = Object.entries(facts.NetworkSettings.Networks ?? {})
  return {
    id: facts.Id,
    running,
    neverRan: facts.State.Status === 'created',
    fingerprint: facts.Config.Labels[FINGERPRINT_LABEL] ?? '',
    networks: new Map(
      endpoints.map(([name, endpoint]) => [name, (endpoint as {Aliases?: string[] | null}).Aliases ?? []]),
    ),
    hostPorts: hostPortsOf(facts),
    ...(running ? await new RouterControl(engine, facts.Id).observe() : await observeStopped(engine, facts.Id)),
  }
}

/** What it will serve when it starts: its file is all that there is to it. */
async function observeStopped(
  engine: Engine,
  id: string,
): Promise<Pick<ObservedRouter, 'serving' | 'table' | 'upToDate'>> {
  return {table: (await storedTable(engine, id)) ?? EMPTY_TABLE, serving: new Set<string>(), upToDate: true}
}

/** Ports it was made to publish, whether it runs or not: a stopped one takes them again when it starts. */
export function hostPortsOf(facts: ContainerFacts): number[] {
  const bindings = Object.values((facts.HostConfig.PortBindings ?? {}) as Record<string, {HostPort?: string}[] | null>)
  return bindings
    .flatMap((list) => list ?? [])
    .map((binding) => Number(binding.HostPort || 0))
    .filter((port) => port > 0)
}
