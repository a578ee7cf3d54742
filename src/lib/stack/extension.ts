/**
 * `x-stackctl`: the settings that the Compose specification has no word for, validated.
 * zod is loaded only when some file uses the key.
 */
import type {core, ZodType} from 'zod'

import type {ComposeProject} from './compose-types.js'

import {ConfigError, UnsupportedKeyError} from '../errors.js'
import {HOOK_KINDS, type HookKind} from './hook-kinds.js'
import {findPlaces} from './places.js'

export const EXTENSION = 'x-stackctl'

export interface HookExtension {
  /** The command as a list of arguments. */
  readonly run: readonly string[]
  /** Milliseconds. */
  readonly timeout?: number | undefined
}

export interface StackExtension {
  readonly hooks?: Readonly<Partial<Record<HookKind, readonly HookExtension[]>>> | undefined
  readonly secrets?:
    | {
        readonly strict?: boolean | undefined
        readonly generate?: Readonly<Record<string, {readonly bytes: number}>> | undefined
      }
    | undefined
  readonly confirm?: boolean | undefined
  readonly router?: {readonly image?: string | undefined} | undefined
  readonly releases?: {readonly keep?: number | undefined} | undefined
}

export interface RoutePortExtension {
  readonly port: number
  readonly target?: number | undefined
  readonly mode?: 'http' | 'tcp' | undefined
  readonly 'proxy-protocol'?: boolean | undefined
}

export interface RouteExtension {
  readonly port?: number | undefined
  readonly ports?: readonly RoutePortExtension[] | undefined
  readonly 'drain-timeout'?: number | undefined
}

export interface ServiceExtension {
  /** false: never routed. */
  readonly route?: RouteExtension | false | undefined
  readonly job?: {readonly when: 'pre-deploy'; readonly timeout?: number | undefined} | undefined
  readonly gate?: {readonly timeout?: number | undefined; readonly successes?: number | undefined} | undefined
  readonly soak?: number | undefined
}

export interface Extensions {
  readonly stack: StackExtension
  readonly services: Readonly<Record<string, ServiceExtension>>
}

/** Reads every `x-stackctl` of a project. All problems come in one error, each with its path and, if found, its line. */
export async function readExtensions(project: ComposeProject, files: readonly string[]): Promise<Extensions> {
  const used = Object.entries(project.services ?? {}).filter(([, service]) => service[EXTENSION] !== undefined)
  if (used.length === 0 && project[EXTENSION] === undefined) return {stack: {}, services: {}}
  const {serviceSchema, stackSchema} = await import('./extension-schema.js')
  const problems: Problem[] = []
  const stack = parse<StackExtension>(stackSchema, project[EXTENSION] ?? {}, {
    path: [EXTENSION],
    problems,
    allowed: STACK_KEYS,
  })
  const services = used.map(([name, service]) => {
    const at = {path: ['services', name, EXTENSION], problems, allowed: SERVICE_KEYS}
    return [name, parseService(serviceSchema, service[EXTENSION], at)] as const
  })
  if (problems.length > 0) throw await problemError(problems, files)
  return {stack, services: Object.fromEntries(services)}
}

type Keys = Readonly<Record<string, readonly string[]>>

/** Allowed keys by path, for messages. `*` stands for any name or index. */
const STACK_KEYS: Keys = {
  '': ['confirm', 'hooks', 'releases', 'router', 'secrets'],
  hooks: HOOK_KINDS,
  ...Object.fromEntries(HOOK_KINDS.map((kind) => [`hooks.${kind}.*`, ['run', 'timeout']])),
  releases: ['keep'],
  router: ['image'],
  secrets: ['generate', 'strict'],
  'secrets.generate.*': ['bytes'],
}

const SERVICE_KEYS: Keys = {
  '': ['gate', 'job', 'route', 'soak'],
  gate: ['successes', 'timeout'],
  job: ['timeout', 'when'],
  route: ['drain-timeout', 'port', 'ports'],
  'route.ports.*': ['mode', 'port', 'proxy-protocol', 'target'],
}

interface Problem {
  readonly path: readonly string[]
  readonly text: string
  readonly unknown: boolean
}

interface At {
  readonly path: readonly string[]
  readonly problems: Problem[]
  readonly allowed: Keys
}

/** `route: false` is taken out before the schema sees it, so that messages stay those of one shape. */
function parseService(schema: ZodType, value: unknown, at: At): ServiceExtension {
  const isRefused = (value as {route?: unknown} | null)?.route === false
  if (!isRefused) return parse<ServiceExtension>(schema, value, at)
  return {...parse<ServiceExtension>(schema, {...(value as object), route: undefined}, at), route: false}
}

function parse<T extends object>(schema: ZodType, value: unknown, at: At): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data as T
  for (const issue of result.error.issues) at.problems.push(...describe(issue, at))
  return {} as T
}

function describe(issue: core.$ZodIssue, {path, allowed}: At): Problem[] {
  const inside = issue.path.map(String)
  const where = [...path, ...inside]
  if (issue.code !== 'unrecognized_keys')
    return [{path: where, text: `${where.join('.')} ${lowerFirst(issue.message)}`, unknown: false}]
  const known = allowedAt(inside, allowed)
  return issue.keys.map((key) => {
    const full = [...where, key]
    return {path: full, text: `unknown key ${full.join('.')} (allowed: ${known.join(', ')})`, unknown: true}
  })
}

function allowedAt(inside: readonly string[], allowed: Keys): readonly string[] {
  const exact = allowed[inside.join('.')]
  return exact ?? allowed[[...inside.slice(0, -1), '*'].join('.')] ?? []
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

async function problemError(problems: readonly Problem[], files: readonly string[]): Promise<ConfigError> {
  const places = await findPlaces(files)
  const texts = problems.map(({path, text}) => {
    const place = places.ofKey(path)
    return place === undefined ? text : `${text} in ${place}`
  })
  const suggestions = ['Correct the x-stackctl keys.']
  const isUnknown = problems.some(({unknown}) => unknown)
  return isUnknown
    ? new UnsupportedKeyError(texts.join('; '), {suggestions})
    : new ConfigError(texts.join('; '), {suggestions})
}
