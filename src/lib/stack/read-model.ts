import type {ComposeProject} from './compose-types.js'
import type {Extensions, StackExtension} from './extension.js'
import type {HookCommand, Stack, StackSettings} from './model.js'

/** PURE: what docker compose resolved, read into the model that the rest of stackctl decides with. */
import {ConfigError} from '../errors.js'
import {HOOK_KINDS, type HookKind} from './hook-kinds.js'
import {checkCycles, implicitJobs} from './read-dependencies.js'
import {readFiles, readNetworks, readVolumes} from './read-resources.js'
import {checkRoutes} from './read-route.js'
import {linkAliases, readService, type ServiceContext} from './read-service.js'

/** Where the project came from. */
export interface ModelSource {
  readonly directory: string
  readonly files: readonly string[]
  readonly environment?: string | undefined
  readonly envFile?: string | undefined
}

/** Reads a resolved compose project. Throws ConfigError for what can only fail once it runs. */
export function readModel(project: ComposeProject, source: ModelSource, extensions: Extensions): Stack {
  const warnings: string[] = []
  const services = project.services ?? {}
  const names = Object.keys(services).toSorted()
  const context: ServiceContext = {
    project,
    extensions: extensions.services,
    jobs: implicitJobs(services),
    aliases: linkAliases(services),
    warnings,
  }
  const read = names.flatMap((name) => {
    const service = services[name]
    return service === undefined ? [] : [readService(name, service, context)]
  })
  checkCycles(read)
  checkRoutes(read)
  return {
    project: project.name,
    environment: source.environment,
    directory: source.directory,
    files: source.files,
    envFile: source.envFile,
    services: read,
    networks: readNetworks(project),
    volumes: readVolumes(project),
    configs: readFiles('config', project.configs),
    secrets: readFiles('secret', project.secrets),
    settings: readSettings(extensions),
    compose: project,
    warnings,
  }
}

const DEFAULT_KEPT_RELEASES = 10

function readSettings({stack}: Extensions): StackSettings {
  return {
    hooks: readHooks(stack),
    secrets: {strict: stack.secrets?.strict ?? false, generate: stack.secrets?.generate ?? {}},
    confirm: stack.confirm ?? false,
    routerImage: stack.router?.image,
    releases: {keep: stack.releases?.keep ?? DEFAULT_KEPT_RELEASES},
  }
}

const DEFAULT_HOOK_TIMEOUT_MS = 10 * 60_000

function readHooks({hooks}: StackExtension): StackSettings['hooks'] {
  const commandsOf = (kind: HookKind): HookCommand[] =>
    (hooks?.[kind] ?? []).map(({run, timeout}) => ({argv: run, timeoutMs: timeout ?? DEFAULT_HOOK_TIMEOUT_MS}))
  return Object.fromEntries(HOOK_KINDS.map((kind) => [kind, commandsOf(kind)])) as Record<HookKind, HookCommand[]>
}

/** The service of that name. */
export function serviceNamed(stack: Stack, name: string): Stack['services'][number] {
  const service = stack.services.find((candidate) => candidate.name === name)
  if (service !== undefined) return service
  throw new ConfigError(`no service "${name}" in ${stack.files.join(', ')}`, {
    suggestions: [`Services: ${stack.services.map((candidate) => candidate.name).join(', ')}.`],
  })
}
