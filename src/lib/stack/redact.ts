/** Secrets never leave in text: they are replaced by value, at the one place where text leaves. */
import {readFileSync} from 'node:fs'

import type {ComposeProject, ComposeService} from './compose-types.js'
import type {FileSpec, Stack} from './model.js'

export const REDACTED = '<redacted>'

const SECRET_NAME =
  /pass(?:word|wd|phrase)?|secret|token|credential|private|api_?key|(?:^|_)key(?:$|_)|(?:^|_)(?:auth|pwd|salt|dsn)(?:$|_)/i

/** Names that look secret and only say where a secret is, or how it is used. */
const HARMLESS_NAME =
  /_(?:file|path|dir|id|name|ttl|expiry|expires|length|size|url|host|port|user|algorithm|enabled|count|limit)$/i

const URL_PASSWORD = /\b[a-z][a-z\d+.-]*:\/\/[^\s:/@]*:([^\s/@]+)@/gi

/** Shorter values, and everyday words, would blacken half of a log without hiding a thing. */
const MINIMUM_LENGTH = 4
const EVERYDAY: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'none',
  'test',
  'postgres',
  'redis',
  'root',
  'admin',
  'user',
])

/** A function that replaces each of the values in a text, the longest first. */
export function redactor(values: Iterable<string>): (text: string) => string {
  const variants = [...values].flatMap((value) => [
    value.trim(),
    encodeURIComponent(value.trim()),
    JSON.stringify(value.trim()).slice(1, -1),
  ])
  const known = [...new Set(variants)].filter(
    (value) => value.length >= MINIMUM_LENGTH && !EVERYDAY.has(value.toLowerCase()),
  )
  known.sort((a, b) => b.length - a.length)
  if (known.length === 0) return (text) => text
  const pattern = new RegExp(known.map(escapePattern).join('|'), 'g')
  return (text) => text.replaceAll(pattern, REDACTED)
}

/** Every value of a stack that is secret: content of secrets, and environment values and build arguments by name or form. */
export function secretValues(stack: Stack, env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  return [
    ...stack.secrets.flatMap((file) => contentOf(file, env)),
    ...stack.services.flatMap(({compose}) => valuesOf(compose)),
  ]
}

/** The resolved compose project with secret values replaced, for `stackctl config`. */
export function redactedConfig(stack: Stack, env?: Readonly<Record<string, string | undefined>>): ComposeProject {
  return redactedProject(stack.compose, secretValues(stack, env))
}

/** The same for a project that is no longer a stack: that of a release. */
export function redactedProject(project: ComposeProject, values: Iterable<string>): ComposeProject {
  return redactNode(project, redactor(values)) as ComposeProject
}

/** Every value that is secret and written in the project itself: in variables, build arguments and inline secrets. */
export function projectSecrets(project: ComposeProject): string[] {
  const inline = Object.values(project.secrets ?? {}).flatMap(({content}) =>
    typeof content === 'string' ? [content] : [],
  )
  return [...inline, ...Object.values(project.services ?? {}).flatMap((compose) => valuesOf(compose))]
}

function valuesOf(compose: ComposeService): string[] {
  const variables = {...compose.build?.args, ...compose.environment}
  return Object.entries(variables).flatMap(([name, value]) => {
    if (value === null) return []
    return isSecretName(name) ? [value, ...urlPasswords(value)] : urlPasswords(value)
  })
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name)
}

function urlPasswords(value: string): string[] {
  return [...value.matchAll(URL_PASSWORD)].flatMap(([, password]) =>
    password === undefined ? [] : [password, safeDecode(password)],
  )
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not percent-encoded after all: the text itself is the value.
    return text
  }
}

function contentOf({source}: FileSpec, env: Readonly<Record<string, string | undefined>>): string[] {
  if (source.from === 'inline') return [source.content]
  if (source.from === 'environment') return [env[source.variable] ?? '']
  try {
    return [readFileSync(source.path, 'utf8')]
  } catch {
    // A secret that cannot be read cannot be printed either; whoever needs it will say what is wrong.
    return []
  }
}

/** Walks by key as well as by value: a short password is no pattern, yet its own key must not show it. */
function redactNode(node: unknown, redact: (text: string) => string): unknown {
  if (typeof node === 'string') return redact(node)
  if (Array.isArray(node)) return node.map((entry) => redactNode(entry, redact))
  if (node === null || typeof node !== 'object') return node
  const entries = Object.entries(node).map(([key, value]) => [key, redactEntry(key, value, redact)] as const)
  return Object.fromEntries(entries)
}

function redactEntry(key: string, value: unknown, redact: (text: string) => string): unknown {
  const isValue = typeof value === 'string' && value !== ''
  // Variables are upper case; `secrets`, `private` and the like are compose's own keys.
  return isValue && key === key.toUpperCase() && isSecretName(key) ? REDACTED : redactNode(value, redact)
}

function escapePattern(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
}
