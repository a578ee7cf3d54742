/** Two containers made comparable: what must differ (names, ids, hashes) is taken out, order where it means nothing is made equal. */
import type {ContainerInspectInfo} from 'dockerode'

import type {Service} from '../../../src/lib/stack/model.js'

type Tree = Record<string, unknown>

export interface Difference {
  readonly field: string
  readonly theirs: unknown
  readonly ours: unknown
}

/** Order carries meaning only in these lists. */
const ORDERED = new Set(['Cmd', 'Entrypoint', 'Test', 'Dns', 'DnsSearch'])

/** `links:` are aliases of the linked service here; docker compose writes them at the linking one. */
const ENDPOINT_FIELDS = ['IPAMConfig', 'Aliases', 'MacAddress', 'DriverOpts']

const DEPENDS_ON = 'com.docker.compose.depends_on'

export function comparable(container: ContainerInspectInfo, service: Service): Tree {
  const {Config, HostConfig, NetworkSettings, Mounts, Image} = container
  const name = container.Name.slice(1)
  const networks = Object.entries(NetworkSettings.Networks).map(([key, endpoint]) => [
    key,
    endpointOf(endpoint as unknown as Tree, [name, container.Id.slice(0, 12)]),
  ])
  return {
    Image,
    Config: {
      ...Config,
      // docker compose names the image by its reference, we by its id; `Image` above compares what it is.
      Image: undefined,
      Hostname: service.compose.hostname === undefined ? undefined : Config.Hostname,
      Labels: {
        ...Config.Labels,
        'com.docker.compose.config-hash': undefined,
        [DEPENDS_ON]: sortedList(Config.Labels[DEPENDS_ON]),
      },
    },
    HostConfig,
    Networks: Object.fromEntries(networks) as Tree,
    Mounts: Mounts.map((mount) => mountOf(mount as unknown as Tree)),
  }
}

/** Every field that differs, with both values. */
export function differences(theirs: Tree, ours: Tree): Difference[] {
  const [a, b] = [flat(theirs), flat(ours)]
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((field) => a.get(field) !== b.get(field))
    .map((field) => ({field, theirs: a.get(field), ours: b.get(field)}))
}

function endpointOf(endpoint: Tree, own: readonly string[]): Tree {
  const aliases = ((endpoint.Aliases ?? []) as string[]).filter((alias) => !own.includes(alias))
  return Object.fromEntries(ENDPOINT_FIELDS.map((field) => [field, field === 'Aliases' ? aliases : endpoint[field]]))
}

/** docker compose writes its list in the order of a hash table: another one every time. */
function sortedList(list: string | undefined): string | undefined {
  return list?.split(',').toSorted().join(',')
}

/** An anonymous volume has a name of its own in every container. */
function mountOf(mount: Tree): Tree {
  const isAnonymous = /^[0-9a-f]{64}$/.test(String(mount.Name))
  return isAnonymous ? {...mount, Name: 'anonymous', Source: 'anonymous'} : mount
}

/** Leaves by path. Null, empty lists and empty objects are all "not set" at the engine, and left out. */
function flat(tree: Tree, prefix = ''): Map<string, string> {
  const leaves = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const field = prefix === '' ? key : `${prefix}.${key}`
    if (value === null || value === undefined) continue
    if (Array.isArray(value)) {
      const entries = value.map((entry) => JSON.stringify(sortedKeys(entry)))
      if (entries.length > 0) leaves.set(field, JSON.stringify(ORDERED.has(key) ? entries : entries.toSorted()))
    } else if (typeof value === 'object') {
      for (const [path, leaf] of flat(value as Tree, field)) leaves.set(path, leaf)
      if (prefix !== '' && Object.keys(value).length === 0 && field.includes('Ports.')) leaves.set(field, '{}')
    } else {
      leaves.set(field, JSON.stringify(value))
    }
  }

  return leaves
}

function sortedKeys(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
