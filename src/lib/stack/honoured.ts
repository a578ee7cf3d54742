import type {ComposeProject, ComposeService, ComposeServiceNetwork, ComposeVolume} from './compose-types.js'
import type {Rule} from './honoured-rule.js'
import type {Stack} from './model.js'

/** Refuses every key that stackctl would have to ignore. */
import {UnsupportedKeyError} from '../errors.js'
import {isOlder} from './compose-run.js'
import {networkKeys} from './container-network.js'
import {PROJECT} from './honoured-keys.js'
import {findPlaces} from './places.js'

export interface UnhonouredKey {
  /** `['services', 'web', 'post_start']`; list entries by index. */
  readonly path: readonly string[]
  readonly problem: string
  readonly remedy: string
}

/** Throws one UnsupportedKeyError that names every key that is not honoured, with file and line where they are found. */
export async function checkHonoured(project: ComposeProject, files: readonly string[]): Promise<void> {
  await refuse(unhonouredKeys(project), files)
}

/** Keys that this engine is too old for. */
export async function checkEngineSupports(stack: Stack, apiVersion: string): Promise<void> {
  const found = stack.services.flatMap((service) =>
    newKeysOf(service.compose, networkKeys(service, stack)).map(([path, api]) => ({
      path: ['services', service.name, ...path],
      api,
    })),
  )
  const tooNew = found.filter(({api}) => isOlder(apiVersion, api))
  const keys = tooNew.map(({path, api}) => ({
    path,
    problem: `needs an engine with API ${api}, and this one has ${apiVersion}`,
    remedy: `Take ${path.join('.')} out, or upgrade the engine.`,
  }))
  await refuse(keys, stack.files)
}

/** PURE: the keys of a resolved project that stackctl would have to ignore. */
export function unhonouredKeys(project: ComposeProject): UnhonouredKey[] {
  return check({keys: PROJECT}, project, [])
}

function check(rule: Rule | undefined, value: unknown, path: readonly string[]): UnhonouredKey[] {
  if (rule === true || value === null || value === undefined) return []
  if (rule === undefined)
    return [
      {path, problem: 'is not known to this version', remedy: `Take ${path.join('.')} out, or prefix it with x-.`},
    ]
  if ('skip' in rule) return []
  if ('values' in rule)
    return rule.values.includes(scalar(value))
      ? []
      : [{path, problem: `"${scalar(value)}" is not supported`, remedy: rule.refuse}]
  if ('refuse' in rule) return isEmpty(value) ? [] : [{path, problem: 'is not supported', remedy: rule.refuse}]
  if (typeof value !== 'object') return []
  const entries = Object.entries(value)
  if ('each' in rule) return entries.flatMap(([key, entry]) => check(rule.each, entry, [...path, key]))
  return entries.flatMap(([key, entry]) => (key.startsWith('x-') ? [] : check(rule.keys[key], entry, [...path, key])))
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** `external: false` or an empty list asks for nothing. */
function isEmpty(value: unknown): boolean {
  return (
    value === false || value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  )
}

type NewKey = readonly [path: readonly string[], api: string]

function newKeysOf(compose: ComposeService, networks: readonly string[]): NewKey[] {
  const annotations: NewKey[] = compose.annotations === undefined ? [] : [[['annotations'], '1.43']]
  const volumes = (compose.volumes ?? []).flatMap((volume, index) =>
    newKeysOfVolume(volume, ['volumes', String(index)]),
  )
  const others = Object.entries(compose.networks ?? {}).flatMap(([name, network]) =>
    newKeysOfNetwork(network ?? {}, ['networks', name], name === networks[0]),
  )
  return [...annotations, ...volumes, ...others]
}

function newKeysOfVolume({type, volume, bind}: ComposeVolume, at: readonly string[]): NewKey[] {
  const keys: NewKey[] = []
  if (volume?.subpath !== undefined) keys.push([[...at, 'volume', 'subpath'], '1.45'])
  if (type === 'image') keys.push([at, '1.48'])
  if (bind?.recursive !== undefined) keys.push([[...at, 'bind', 'recursive'], '1.44'])
  return keys
}

function newKeysOfNetwork(network: ComposeServiceNetwork, at: readonly string[], isMain: boolean): NewKey[] {
  const keys: NewKey[] = []
  // The one address that older engines take is that of the main network.
  if (network.mac_address !== undefined && !isMain) keys.push([[...at, 'mac_address'], '1.44'])
  if (network.gw_priority !== undefined) keys.push([[...at, 'gw_priority'], '1.48'])
  if (network.interface_name !== undefined) keys.push([[...at, 'interface_name'], '1.49'])
  return keys
}

async function refuse(keys: readonly UnhonouredKey[], files: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  const places = await findPlaces(files)
  const texts = keys.map(({path, problem}) => {
    const place = places.ofKey(path)
    return `${path.join('.')} ${problem}${place === undefined ? '' : ` (${place})`}`
  })
  throw new UnsupportedKeyError(texts.join('; '), {
    suggestions: [...new Set(keys.map(({remedy}) => remedy))],
    facts: {keys: keys.map(({path}) => path.join('.'))},
  })
}
