/** What differs between two releases. Names and paths only, never a value of a variable, a config or a secret. Pure. */
import type {ComposeService} from '../stack/compose-types.js'
import type {ReleaseRecord, ReleaseService, ReleaseSnapshot} from './record.js'

/** A release as the ledger keeps it. */
export interface KeptRelease {
  readonly record: ReleaseRecord
  /** Undefined when it is not kept, or cannot be read: then variables and keys cannot be compared by name. */
  readonly snapshot: ReleaseSnapshot | undefined
}

export interface Names {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export interface ServiceDiff {
  readonly service: string
  readonly change: 'added' | 'changed' | 'removed'
  readonly image: {readonly from: string; readonly to: string} | undefined
  readonly replicas: {readonly from: number; readonly to: number} | undefined
  /** Variables, by name. */
  readonly environment: Names
  /** Configs and secrets by `config:<key>`, `secret:<key>`: what they contain. */
  readonly files: Names
  /** Other keys of the service, by path: `deploy.resources.limits.memory`. */
  readonly keys: readonly string[]
}

export interface ReleaseDiff {
  readonly services: readonly ServiceDiff[]
  /** Keys outside of services, by path. */
  readonly stack: readonly string[]
  /** False: a snapshot is missing, so that variables and keys were not compared by name. */
  readonly complete: boolean
}

export function diffReleases(from: KeptRelease, to: KeptRelease): ReleaseDiff {
  const names = new Set([...Object.keys(from.record.services), ...Object.keys(to.record.services)])
  const services = [...names].toSorted().flatMap((name) => serviceDiff(name, from, to) ?? [])
  const complete = from.snapshot !== undefined && to.snapshot !== undefined
  const stack = complete ? stackKeys(from.snapshot, to.snapshot) : []
  return {services, stack, complete}
}

const NONE: Names = {added: [], removed: [], changed: []}

function serviceDiff(service: string, from: KeptRelease, to: KeptRelease): ServiceDiff | undefined {
  const [left, right] = [from.record.services[service], to.record.services[service]]
  if (left === undefined || right === undefined) return wholeService(service, right === undefined ? 'removed' : 'added')
  const [before, after] = [composeOf(from, service), composeOf(to, service)]
  const diff: ServiceDiff = {
    service,
    change: 'changed',
    image: imageDiff(left, right),
    replicas: left.replicas === right.replicas ? undefined : {from: left.replicas, to: right.replicas},
    environment: before && after ? namesDiff(before.environment ?? {}, after.environment ?? {}) : NONE,
    files: namesDiff(digestsOf(left), digestsOf(right)),
    keys: before && after ? otherKeys(before, after) : [],
  }
  return left.configHash === right.configHash && isEmpty(diff) ? undefined : diff
}

function wholeService(service: string, change: 'added' | 'removed'): ServiceDiff {
  return {service, change, image: undefined, replicas: undefined, environment: NONE, files: NONE, keys: []}
}

function isEmpty({image, replicas, environment, files, keys}: ServiceDiff): boolean {
  const names = [environment, files].flatMap(({added, changed, removed}) => [...added, ...changed, ...removed])
  return image === undefined && replicas === undefined && names.length + keys.length === 0
}

function composeOf({snapshot}: KeptRelease, service: string): ComposeService | undefined {
  return snapshot?.compose.services?.[service]
}

/** An image that was built anew keeps its reference; then the start of its id says so. */
function imageDiff({image: from}: ReleaseService, {image: to}: ReleaseService): ServiceDiff['image'] {
  if (from.reference !== to.reference) return {from: from.reference, to: to.reference}
  if (from.id === to.id) return undefined
  return {from: withId(from), to: withId(to)}
}

function withId({reference, id}: ReleaseService['image']): string {
  return `${reference} (${id?.replace(/^sha256:/, '').slice(0, 12) ?? 'not built'})`
}

function digestsOf({files}: ReleaseService): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, {sha256}]) => [name, sha256]))
}

function namesDiff(from: Readonly<Record<string, unknown>>, to: Readonly<Record<string, unknown>>): Names {
  return {
    added: Object.keys(to)
      .filter((name) => !(name in from))
      .toSorted(),
    removed: Object.keys(from)
      .filter((name) => !(name in to))
      .toSorted(),
    changed: Object.keys(to)
      .filter((name) => name in from && from[name] !== to[name])
      .toSorted(),
  }
}

/** Without what is compared on its own: image, variables, replicas. */
function otherKeys(from: ComposeService, to: ComposeService): string[] {
  return differingPaths(bare(from), bare(to))
}

function bare({environment: _environment, image: _image, scale: _scale, deploy, ...rest}: ComposeService): object {
  const {replicas: _replicas, ...policy} = deploy ?? {}
  return Object.keys(policy).length > 0 ? {...rest, deploy: policy} : rest
}

function stackKeys(from: ReleaseSnapshot | undefined, to: ReleaseSnapshot | undefined): string[] {
  const {services: _from, ...before} = from?.compose ?? {name: ''}
  const {services: _to, ...after} = to?.compose ?? {name: ''}
  return differingPaths(before, after)
}

/** Paths of the keys that differ, sorted. A list counts as one thing: its places have no names. */
function differingPaths(from: unknown, to: unknown, path = ''): string[] {
  if (isMapping(from) && isMapping(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted()
    return keys.flatMap((key) => differingPaths(from[key], to[key], path === '' ? key : `${path}.${key}`))
  }

  return JSON.stringify(from) === JSON.stringify(to) ? [] : [path]
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
