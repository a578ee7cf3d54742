import type {FileSpec, Service, Stack} from '../../../src/lib/stack/model.js'

/** A stack with only what secrets have to do with. */
export function stackWith(parts: {
  directory: string
  secrets?: FileSpec[]
  services?: {name: string; compose: Record<string, unknown>}[]
  settings?: Partial<Stack['settings']['secrets']>
}): Stack {
  return {
    project: 'shop-production',
    environment: 'production',
    directory: parts.directory,
    services: (parts.services ?? []) as unknown as Service[],
    secrets: parts.secrets ?? [],
    settings: {secrets: {strict: false, generate: {}, ...parts.settings}},
  } as unknown as Stack
}

export function fileSecret(key: string, path: string): FileSpec {
  return {kind: 'secret', key, source: {from: 'file', path}}
}
