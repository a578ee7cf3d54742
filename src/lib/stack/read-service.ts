import type {ComposeProject, ComposeService} from './compose-types.js'
import type {ServiceExtension} from './extension.js'
import type {GatePolicy, Service} from './model.js'

/** One service of the resolved project, read into the model. */
import {ConfigError} from '../errors.js'
import {parseDurationMs} from './duration.js'
import {readBuild} from './read-build.js'
import {readDependencies} from './read-dependencies.js'
import {readRollout} from './read-rollout.js'
import {readRoute} from './read-route.js'
import {sharesWritableVolume} from './writable-volumes.js'

export interface ServiceContext {
  readonly project: ComposeProject
  readonly extensions: Readonly<Record<string, ServiceExtension>>
  /** Services that are jobs because others wait for nothing but their completion. */
  readonly jobs: ReadonlySet<string>
  /** Names that `links:` of others give a service. */
  readonly aliases: ReadonlyMap<string, readonly string[]>
  /** Collects what the user should know and what stops nothing. */
  readonly warnings: string[]
}

/** Probes in a row that a new replica must pass, unless `x-stackctl.gate.successes` says otherwise. */
const DEFAULT_SUCCESSES = 2
const DEFAULT_JOB_TIMEOUT_MS = 30 * 60_000

export function readService(name: string, compose: ComposeService, context: ServiceContext): Service {
  const extension = context.extensions[name] ?? {}
  const job = extension.job?.when ?? (context.jobs.has(name) ? 'pre-deploy' : undefined)
  const facts = {
    name,
    compose,
    replicas: replicasOf(name, compose),
    sharesWritableVolume: sharesWritableVolume(compose),
  }
  const route = job === undefined ? readRoute(facts, extension.route) : undefined
  return {
    ...facts,
    image: compose.image ?? `${context.project.name}-${name}`,
    build: readBuild(compose.build),
    pullPolicy: pullPolicyOf(compose),
    dependsOn: readDependencies(name, compose, context),
    route,
    job,
    jobTimeoutMs: job && (extension.job?.timeout ?? DEFAULT_JOB_TIMEOUT_MS),
    rollout: readRollout(facts, route, context.warnings),
    gate: gateOf(extension),
    containerName: compose.container_name,
    stopGraceMs: compose.stop_grace_period === undefined ? undefined : parseDurationMs(compose.stop_grace_period),
    linkAliases: context.aliases.get(name) ?? [],
    resourceNames: resourceNames(compose, context.project),
    soakMs: extension.soak,
  }
}

function replicasOf(name: string, compose: ComposeService): number {
  const replicas = compose.scale ?? compose.deploy?.replicas ?? 1
  if (compose.container_name === undefined || replicas <= 1) return replicas
  throw new ConfigError(`service "${name}" has a container_name and ${replicas} replicas: a name can be had once`, {
    suggestions: [`Take container_name out of service "${name}", or set its replicas to 1.`],
  })
}

function pullPolicyOf(compose: ComposeService): Service['pullPolicy'] {
  const policy = compose.pull_policy
  if (policy === undefined || policy === 'missing' || policy === 'if_not_present') return 'missing'
  if (policy === 'never' || policy === 'build') return policy
  // daily, weekly, every_12h, refresh: the registry is asked more often than they demand, never less.
  return 'always'
}

function gateOf({gate}: ServiceExtension): GatePolicy {
  return {timeoutMs: gate?.timeout, successes: gate?.successes ?? DEFAULT_SUCCESSES}
}

function resourceNames(compose: ComposeService, project: ComposeProject): Record<string, string> {
  const networks = compose.network_mode === undefined ? Object.keys(compose.networks ?? {default: null}) : []
  const volumes = (compose.volumes ?? []).flatMap(({type, source}) => (type === 'volume' && source ? [source] : []))
  const names: [string, string][] = [
    ...networks.map((key): [string, string] => [`network:${key}`, engineName(project.networks?.[key], key)]),
    ...volumes.map((key): [string, string] => [`volume:${key}`, engineName(project.volumes?.[key], key)]),
  ]
  return Object.fromEntries(names)
}

function engineName(section: Readonly<Record<string, unknown>> | null | undefined, key: string): string {
  return typeof section?.name === 'string' ? section.name : key
}

/**
 * The names that `links:` give to other services, by service.
 * They become network aliases of the linked service, because a link to a container ends with that container.
 */
export function linkAliases(services: Readonly<Record<string, ComposeService>>): Map<string, string[]> {
  const owners = new Map<string, string>(Object.keys(services).map((name) => [name, name]))
  const aliases = new Map<string, string[]>()
  for (const [name, {links = []}] of Object.entries(services)) {
    for (const link of links) {
      const [target = '', alias = target] = link.split(':')
      const owner = owners.get(alias)
      if (owner !== undefined && owner !== target) throw ambiguousLink(name, link, owner)
      if (owner !== undefined) continue
      owners.set(alias, target)
      aliases.set(target, [...(aliases.get(target) ?? []), alias])
    }
  }

  return aliases
}

function ambiguousLink(service: string, link: string, owner: string): ConfigError {
  return new ConfigError(`service "${service}" has link "${link}", but that name already means service "${owner}"`, {
    suggestions: ['Give the link another alias, or use the name of the service.'],
  })
}
