/** Reads the secrets of a stack and judges them. Values stay inside this file; findings carry names, paths and reasons. */
import {readFile, stat} from 'node:fs/promises'
import path from 'node:path'

import type {FileSpec, Stack} from '../stack/model.js'

import {SecretsError} from '../errors.js'
import {isTracked} from './git.js'
import {namesSecret, passwordInUrl} from './names.js'
import {type Finding, judgeSecret, type SecretContext, type SecretProblem} from './strength.js'
import {environmentEntries, stackVariables, valueOf} from './values.js'

export type SecretFinding = {
  /** Name of the compose secret, or `<service>.<VARIABLE>`. */
  readonly secret: string
  readonly problem: SecretProblem
  readonly detail: string
  /** The file or the variable that holds it, relative to the project directory. */
  readonly where: string
}

export type SecretSurroundings = {
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Every problem of every secret: compose secrets first, then variables of services. Empty = all are good. */
export async function checkSecrets(stack: Stack, surroundings: SecretSurroundings): Promise<SecretFinding[]> {
  const [examples, env] = await Promise.all([exampleValues(stack), stackVariables(stack, surroundings.env)])
  const specs = await Promise.all(stack.secrets.map(async (spec) => checkSpec(stack, spec, {env, examples})))
  return [...specs.flat(), ...checkVariables(stack, examples)]
}

/**
 * Throws SecretsError (exit 3) when a secret is missing or, with `x-stackctl.secrets.strict`, not good enough.
 * Answers the findings that are only worth a warning.
 */
export async function requireStrongSecrets(stack: Stack, surroundings: SecretSurroundings): Promise<SecretFinding[]> {
  const findings = await checkSecrets(stack, surroundings)
  const isFatal = ({problem}: SecretFinding): boolean => stack.settings.secrets.strict || problem === 'missing'
  const fatal = findings.filter(isFatal)
  if (fatal.length === 0) return findings
  const subject = fatal.length === 1 ? '1 secret is' : `${fatal.length} secrets are`
  const described = fatal.map((finding) => describeFinding(finding)).join('; ')
  throw new SecretsError(`${subject} not fit to deploy: ${described}`, {
    suggestions: remedies(stack, fatal),
    facts: {findings: fatal},
  })
}

/** `postgres_password: missing (config/production/secrets/postgres_password)` */
export function describeFinding({secret, detail, where}: SecretFinding): string {
  return `${secret}: ${detail} (${where})`
}

function remedies(stack: Stack, findings: readonly SecretFinding[]): string[] {
  const command = ['stackctl secrets generate', stack.environment].filter(Boolean).join(' ')
  const missing = findings.filter(({problem}) => problem === 'missing').map(({secret}) => secret)
  const variables = stack.secrets.flatMap(({key, source}) =>
    source.from === 'environment' && missing.includes(key) ? [source.variable] : [],
  )
  return [
    ...(variables.length > 0 ? [`export ${variables.join(', ')}, or set it in the .env file of the environment`] : []),
    ...(missing.length > variables.length ? [`${command}   makes the missing ones`] : []),
    ...(findings.some(({problem}) => problem !== 'missing')
      ? [`${command} --force   replaces weak files; change variables in their .env or compose file`]
      : []),
  ]
}

type SpecContext = SecretSurroundings & {readonly examples: ReadonlySet<string>}

async function checkSpec(stack: Stack, spec: FileSpec, context: SpecContext): Promise<SecretFinding[]> {
  const value = await valueOf(spec, context.env)
  const file = await fileContext(spec, value !== undefined)
  return judgeSecret(value, {examples: context.examples, ...file}).map((finding) =>
    located(finding, spec.key, placeOf(stack, spec)),
  )
}

async function fileContext({source}: FileSpec, exists: boolean): Promise<Partial<SecretContext>> {
  if (source.from !== 'file' || !exists) return {}
  const [{mode}, tracked] = await Promise.all([stat(source.path), isTracked(source.path)])
  return {mode, isTracked: tracked}
}

function placeOf(stack: Stack, {source}: FileSpec): string {
  if (source.from === 'environment') return `variable ${source.variable}`
  return source.from === 'file' ? path.relative(stack.directory, source.path) : 'inline in the compose file'
}

function checkVariables(stack: Stack, examples: ReadonlySet<string>): SecretFinding[] {
  return stack.services.flatMap((service) =>
    environmentEntries(service.compose.environment).flatMap(([name, value]) => {
      const secret = namesSecret(name) ? value : passwordInUrl(value)
      if (secret === undefined || secret.startsWith('/run/secrets/')) return []
      return judgeSecret(secret, {examples}).map((finding) =>
        located(finding, `${service.name}.${name}`, `environment of service ${service.name}`),
      )
    }),
  )
}

function located(finding: Finding, secret: string, where: string): SecretFinding {
  return {secret, where, ...finding}
}

/** Values that stand in the `.env.example` files beside the stack: public by definition. */
async function exampleValues(stack: Stack): Promise<ReadonlySet<string>> {
  const directories = [stack.directory]
  if (stack.environment !== undefined) directories.push(path.join(stack.directory, 'config', stack.environment))
  const texts = await Promise.all(
    directories.map(async (directory) => readIfThere(path.join(directory, '.env.example'))),
  )
  return new Set(texts.flatMap((text) => secretAssignments(text)))
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    return ''
  }
}

function secretAssignments(text: string): string[] {
  const assignments = text.matchAll(/^\s*(?:export\s+)?(?<name>\w+)=(?<value>.*)$/gm)
  return [...assignments]
    .filter(({groups}) => namesSecret(groups?.name ?? ''))
    .map(({groups}) => (groups?.value ?? '').trim().replace(/^(?<quote>["'])(?<inner>.*)\k<quote>$/, '$<inner>'))
    .filter((value) => value !== '')
}
