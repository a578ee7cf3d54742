/** Evens out what versions of docker compose print differently, and reads the files that a container body must carry. */
import {readFileSync} from 'node:fs'
import path from 'node:path'

import type {ComposeProject, ComposeService, ComposeVolume} from './compose-types.js'

import {ConfigError, UsageError} from '../errors.js'
import {isOlder} from './compose-run.js'

export interface NormaliseContext {
  readonly composeVersion: string
  readonly directory: string
}

/** The project with `create_host_path` written out and seccomp profiles inlined. */
export function normalise(project: ComposeProject, context: NormaliseContext): ComposeProject {
  const services = Object.entries(project.services ?? {}).map(([name, service]) => [
    name,
    normaliseService(name, service, context),
  ])
  return {...project, services: Object.fromEntries(services) as Record<string, ComposeService>}
}

/** The project with other numbers of replicas than its files say. */
export function withReplicas(project: ComposeProject, replicas: Readonly<Record<string, number>>): ComposeProject {
  const services = {...project.services}
  for (const [name, count] of Object.entries(replicas)) {
    const service = services[name]
    if (service === undefined) {
      throw new UsageError(`no service "${name}" to scale`, {
        suggestions: [`Services: ${Object.keys(services).join(', ')}.`],
      })
    }

    services[name] = {...service, scale: count}
  }

  return {...project, services}
}

function normaliseService(name: string, service: ComposeService, context: NormaliseContext): ComposeService {
  const {volumes, security_opt: securityOpt} = service
  return {
    ...service,
    ...(volumes && {volumes: volumes.map((volume) => withHostPath(volume, context))}),
    ...(securityOpt && {security_opt: securityOpt.map((option) => inlineSeccomp(option, name, context))}),
  }
}

/** Up to 4.x an absent `create_host_path` is false; from 5.0 on it is left out when it is true. */
function withHostPath(volume: ComposeVolume, {composeVersion}: NormaliseContext): ComposeVolume {
  if (volume.bind === undefined || isOlder(composeVersion, '5.0.0')) return volume
  return {...volume, bind: {create_host_path: true, ...volume.bind}}
}

/** The engine takes the profile itself, never a path; inlined here, a changed profile changes the config hash as well. */
function inlineSeccomp(option: string, service: string, {directory}: NormaliseContext): string {
  const file = /^seccomp[=:](?!unconfined$|builtin$)(.+)$/.exec(option)?.[1]
  if (file === undefined || file.startsWith('{')) return option
  const absolute = path.resolve(directory, file)
  try {
    return `seccomp=${JSON.stringify(JSON.parse(readFileSync(absolute, 'utf8')))}`
  } catch (error) {
    throw new ConfigError(
      `service "${service}": cannot read the seccomp profile ${absolute}: ${(error as Error).message}`,
      {
        suggestions: ['Correct the path in security_opt, or the JSON of the profile.'],
        cause: error,
      },
    )
  }
}
