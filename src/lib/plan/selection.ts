/** Which services a run is about, and in which order. Pure. */
import type {ObservedStack} from '../observe/observed.js'
import type {Service, Stack} from '../stack/model.js'
import type {Desired, ReconcileOptions} from './desired.js'

import {portHolders} from './take-ports.js'

/** The services to look at: those named and what they depend on as far as it does not exist yet, or all. */
export function selectServices(facts: {
  desired: Desired
  observed: ObservedStack
  options: ReconcileOptions
}): ReadonlySet<string> {
  const {stack} = facts.desired
  if (facts.options.jobs === 'only') return selectJobs(stack, facts.observed)
  if (facts.options.services.length === 0) return new Set(stack.services.map((service) => service.name))
  const present = new Set(facts.observed.containers.map((container) => container.service))
  // The router gets all of its host ports or none.
  const holders = portHolders(facts.desired, facts.observed).map(({service}) => service)
  const selected = new Set([...facts.options.services, ...holders])
  for (const name of facts.options.services) {
    for (const dependency of dependenciesOf(stack, name)) if (!present.has(dependency)) selected.add(dependency)
  }

  return selected
}

/** The jobs, and what they need to run as far as it does not run yet. */
function selectJobs(stack: Stack, observed: ObservedStack): ReadonlySet<string> {
  const jobs = stack.services.filter((service) => service.job !== undefined).map((service) => service.name)
  const running = new Set(
    observed.containers.filter((container) => container.state === 'running').map((container) => container.service),
  )
  const needed = jobs.flatMap((job) => [...dependenciesOf(stack, job)]).filter((name) => !running.has(name))
  return new Set([...jobs, ...needed])
}

/** Everything that a service depends on, directly or not. */
export function dependenciesOf(stack: Stack, name: string): ReadonlySet<string> {
  const services = new Map(stack.services.map((service) => [service.name, service]))
  const found = new Set<string>()
  const queue = [name]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const dependency of services.get(next)?.dependsOn ?? []) {
      if (found.has(dependency.service)) continue
      found.add(dependency.service)
      queue.push(dependency.service)
    }
  }

  return found
}

/** Services, each after those it depends on; by name where the order is free. docker compose has refused cycles already. */
export function inDependencyOrder(stack: Stack): Service[] {
  const left = new Map(stack.services.map((service) => [service.name, service]))
  const ordered: Service[] = []
  while (left.size > 0) {
    const ready = readyOf(left)
    ordered.push(...ready)
    for (const service of ready) left.delete(service.name)
  }

  return ordered
}

/** Services that wait for none of the others; all of them if there is no such one, so that this ends whatever the file says. */
function readyOf(left: ReadonlyMap<string, Service>): readonly Service[] {
  const services = [...left.values()]
  const ready = services.filter((service) => service.dependsOn.every((dependency) => !left.has(dependency.service)))
  return ready.length > 0 ? ready : services
}

/** Jobs and what they need come first, because everything else waits for them; otherwise the order stays. */
export function jobsFirst<T extends {readonly wanted: {readonly service: Service}}>(
  stack: Stack,
  states: readonly T[],
): T[] {
  const jobs = states.map((state) => state.wanted.service).filter((service) => service.job !== undefined)
  const early = new Set(jobs.flatMap(({name}) => [name, ...dependenciesOf(stack, name)]))
  const isEarly = (state: T): boolean => early.has(state.wanted.service.name)
  return [...states.filter((state) => isEarly(state)), ...states.filter((state) => !isEarly(state))]
}
