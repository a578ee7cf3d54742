/** The secret values of a stack, for the redactor. They are never kept anywhere else. */
import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {parseEnv} from 'node:util'

import type {FileSpec, Stack} from '../stack/model.js'

import {secretValues} from '../stack/redact.js'
import {isPlaceholder} from './placeholder.js'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Values that must not leave in text. Public defaults (`postgres`, `change-me`) and names that the stack uses openly are
 * left out: everybody knows them, and taking them out would turn the names of services and images into stars.
 */
export async function unspeakableValues(stack: Stack, shell: Env): Promise<string[]> {
  const values = secretValues(stack, await stackVariables(stack, shell)).map((value) => value.trim())
  const names = new Set([stack.project, ...stack.services.map((service) => service.name)])
  return values.filter((value) => value !== '' && !isPlaceholder(value) && !names.has(value))
}

/** What secrets with an `environment:` source see: the env file of the environment, and the shell above it. */
export async function stackVariables(stack: Stack, shell: Env): Promise<Env> {
  const folder = stack.environment === undefined ? [] : ['config', stack.environment]
  try {
    return {...parseEnv(await readFile(path.join(stack.directory, ...folder, '.env'), 'utf8')), ...shell}
  } catch {
    return shell
  }
}

/** The content of a compose secret, undefined when it cannot be had. */
export async function valueOf(spec: FileSpec, env: Env): Promise<string | undefined> {
  const {source} = spec
  if (source.from === 'inline') return source.content
  if (source.from === 'environment') return env[source.variable]
  try {
    return await readFile(source.path, 'utf8')
  } catch {
    return undefined
  }
}

/** Environment of a service as compose prints it: variables that have a value. */
export function environmentEntries(environment: unknown): Array<[name: string, value: string]> {
  if (typeof environment !== 'object' || environment === null) return []
  return Object.entries(environment).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
}
