import type {ComposeProject} from './compose-types.js'
import type {FileSpec, NetworkSpec, VolumeSpec} from './model.js'

/** Networks, volumes, configs and secrets of the resolved project. */
import {ConfigError} from '../errors.js'

type Section = Readonly<Record<string, unknown>>

export function readNetworks(project: ComposeProject): NetworkSpec[] {
  return sections(project.networks).map(([key, section]) => ({
    key,
    name: text(section.name) ?? `${project.name}_${key}`,
    external: isExternal(section),
    driver: text(section.driver) ?? '',
    driverOpts: texts(section.driver_opts),
    internal: section.internal === true,
    attachable: section.attachable === true,
    enableIpv6: section.enable_ipv6 === true,
    enableIpv4: typeof section.enable_ipv4 === 'boolean' ? section.enable_ipv4 : undefined,
    ipam: isFilled(section.ipam) ? section.ipam : undefined,
    labels: texts(section.labels),
  }))
}

export function readVolumes(project: ComposeProject): VolumeSpec[] {
  return sections(project.volumes).map(([key, section]) => ({
    key,
    name: text(section.name) ?? `${project.name}_${key}`,
    external: isExternal(section),
    driver: text(section.driver) ?? '',
    driverOpts: texts(section.driver_opts),
    labels: texts(section.labels),
  }))
}

/** Configs or secrets, with where their content comes from. */
export function readFiles(kind: FileSpec['kind'], files: ComposeProject['configs']): FileSpec[] {
  return sections(files).map(([key, section]) => ({kind, key, source: sourceOf(kind, key, section)}))
}

function sourceOf(kind: FileSpec['kind'], key: string, section: Section): FileSpec['source'] {
  if (typeof section.file === 'string') return {from: 'file', path: section.file}
  if (typeof section.environment === 'string') return {from: 'environment', variable: section.environment}
  if (typeof section.content === 'string') return {from: 'inline', content: section.content}
  throw new ConfigError(`${kind} "${key}" has no content: neither file, environment nor content is given`, {
    suggestions: [`Give ${kind}s.${key} a file.`],
  })
}

function sections(entries: Readonly<Record<string, Section | null>> | undefined): [string, Section][] {
  return Object.entries(entries ?? {})
    .map(([key, section]): [string, Section] => [key, section ?? {}])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** `external: true`, or the older `external: {name: …}`. */
function isExternal({external}: Section): boolean {
  return external === true || (typeof external === 'object' && external !== null)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(value ?? {}).map(([key, entry]) => [key, String(entry)]))
}

function isFilled(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
