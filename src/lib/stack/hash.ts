/** Change detection: a replica whose hash equals that of its service needs no replacement. */
import {createHash} from 'node:crypto'

import type {ComposeService} from './compose-types.js'
import type {Service} from './model.js'

import {canonicalJson} from './canonical.js'

/** Raise it only with a plan for running replicas: another version recreates every container once. */
const SCHEMA = 'v1'

/** Keys that decide about something else than the container. */
const NOT_IN_CONTAINER: ReadonlySet<string> = new Set([
  'attach',
  'build',
  'depends_on',
  'deploy',
  'develop',
  'env_file',
  'extends',
  'image',
  'label_file',
  'links',
  'profiles',
  'pull_policy',
  'pull_refresh_after',
  'scale',
])

export interface HashFacts {
  /** Id or digest of the image. */
  readonly imageIdentity: string
  /** Digest of the content of each config and secret that the service uses, by `config:<key>` or `secret:<key>`. */
  readonly fileDigests: Readonly<Record<string, string>>
}

/** `v1:<sha256>` of everything that ends up in the container: keys, image identity and content of its files. */
export function configHash(service: Service, facts: HashFacts): string {
  const text = canonicalJson({
    image: facts.imageIdentity,
    files: facts.fileDigests,
    container: containerKeys(service),
    // A replica behind the router goes by its own name only; one that stands alone has the name of the service.
    isRouted: service.route !== undefined,
    links: service.route === undefined ? (service.linkAliases ?? []).toSorted() : [],
    // A network or volume of the same key with another name at the engine is another one.
    resources: service.resourceNames ?? {},
  })
  return `${SCHEMA}:${createHash('sha256').update(text).digest('hex')}`
}

function containerKeys({compose, route}: Service): Record<string, unknown> {
  const keys = Object.entries(compose).filter(([key, value]) => !isLeftOut(key) && value !== null)
  // Of `deploy` only limits, reservations and the restart policy reach the container.
  const {resources, restart_policy: restartPolicy} = compose.deploy ?? {}
  const container = {...Object.fromEntries(keys), resources, restartPolicy}
  // The router publishes the ports of a routed service, and takes its aliases.
  return route === undefined ? container : {...container, ports: undefined, networks: withoutAliases(compose.networks)}
}

function isLeftOut(key: string): boolean {
  return NOT_IN_CONTAINER.has(key) || key.startsWith('x-')
}

function withoutAliases(networks: ComposeService['networks']): ComposeService['networks'] {
  if (networks === undefined) return undefined
  const entries = Object.entries(networks).map(([key, network]) => {
    const {aliases = [], ...rest} = network ?? {}
    // Nothing but aliases says no more than null does.
    return [key, network === null || (aliases.length > 0 && Object.keys(rest).length === 0) ? null : rest] as const
  })
  return Object.fromEntries(entries)
}
