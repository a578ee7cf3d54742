import type {ComposeService} from './compose-types.js'
import type {Dependency, Service} from './model.js'

/** `depends_on`: the edges between services, and the jobs that follow from them. */
import {ConfigError} from '../errors.js'

/** The dependencies of a service. One onto a service that is not there is dropped when it is `required: false`. */
export function readDependencies(
  name: string,
  compose: ComposeService,
  {project, warnings}: {project: {services?: Readonly<Record<string, ComposeService>>}; warnings: string[]},
): Dependency[] {
  return Object.entries(compose.depends_on ?? {}).flatMap(([service, {condition, restart, required}]) => {
    if (project.services?.[service] !== undefined) {
      return [{service, condition: conditionOf(condition), restart: restart ?? false, required: required ?? true}]
    }

    const missing = `service "${name}" depends on service "${service}", which is not active`
    if (required !== false)
      throw new ConfigError(missing, {
        suggestions: ['Activate its profile, or write required: false at the dependency.'],
      })
    warnings.push(`${missing}: left out, because it is not required`)
    return []
  })
}

function conditionOf(condition: string | undefined): Dependency['condition'] {
  return condition === 'service_healthy' || condition === 'service_completed_successfully'
    ? condition
    : 'service_started'
}

/** Services that others depend on, each of them only through `service_completed_successfully`. */
export function implicitJobs(services: Readonly<Record<string, ComposeService>>): Set<string> {
  const conditions = new Map<string, Set<string>>()
  for (const {depends_on: dependsOn = {}} of Object.values(services)) {
    for (const [service, {condition = ''}] of Object.entries(dependsOn)) {
      conditions.set(service, (conditions.get(service) ?? new Set()).add(condition))
    }
  }

  const jobs = [...conditions].filter(([, found]) => found.size === 1 && found.has('service_completed_successfully'))
  return new Set(jobs.map(([service]) => service))
}

/** docker compose refuses cycles already; without this guard, waves of a hand-made model could wait for ever. */
export function checkCycles(services: readonly Service[]): void {
  const edges = new Map(
    services.map((service) => [service.name, service.dependsOn.map((dependency) => dependency.service)]),
  )
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(' -> ')
      throw new ConfigError(`services depend on each other in a circle: ${circle}`, {
        suggestions: ['Take one depends_on of the circle out.'],
      })
    }

    if (done.has(name)) return
    for (const next of edges.get(name) ?? []) visit(next, [...path, name])
    done.add(name)
  }

  for (const name of edges.keys()) visit(name, [])
}
