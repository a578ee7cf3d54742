/** Environments of a project: the folders `config/<env>/` that hold a `.env`. */
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {parseEnv} from 'node:util'

import {ConfigError, UsageError} from '../errors.js'

export interface Environment {
  readonly name: string
  readonly envFile: string
  /** `config/<env>/compose.yaml`, if there is one. */
  readonly overlay: string | undefined
  /** What the env file says, without the shell's variables. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** Names of the environments that a project has, sorted. */
export function listEnvironments(directory: string): string[] {
  const config = path.join(directory, 'config')
  if (!existsSync(config)) return []
  return readdirSync(config, {withFileTypes: true})
    .filter((entry) => !entry.isFile() && existsSync(path.join(config, entry.name, '.env')))
    .map((entry) => entry.name)
    .toSorted()
}

/** The environment that was named, else `development` where the project has it; none for a plain compose project. */
export function chooseEnvironment(
  directory: string,
  named: string | undefined,
  {explicit}: {explicit: boolean},
): Environment | undefined {
  const known = listEnvironments(directory)
  if (named !== undefined) {
    if (known.includes(named)) return readEnvironment(directory, named)
    throw new UsageError(`unknown environment "${named}": no ${path.join(directory, 'config', named, '.env')}`, {
      suggestions: [listing(directory, known)],
    })
  }

  if (explicit || known.length === 0) return undefined
  if (known.includes('development')) return readEnvironment(directory, 'development')
  throw new UsageError(`name an environment: ${directory} has no "development"`, {
    suggestions: [listing(directory, known)],
  })
}

function listing(directory: string, known: readonly string[]): string {
  const config = path.join(directory, 'config')
  return known.length === 0
    ? `Create ${config}/<environment>/.env; there is no environment yet.`
    : `Environments in ${config}: ${known.join(', ')}.`
}

function readEnvironment(directory: string, name: string): Environment {
  const folder = path.join(directory, 'config', name)
  const envFile = path.join(folder, '.env')
  const overlay = ['compose.yaml', 'compose.yml']
    .map((file) => path.join(folder, file))
    .find((file) => existsSync(file))
  return {name, envFile, overlay, variables: readDotEnv(envFile)}
}

/** The variables of an env file; none when there is no such file. References to other variables stay as written. */
export function readDotEnv(envFile: string): Record<string, string | undefined> {
  if (!existsSync(envFile)) return {}
  try {
    return parseEnv(readFileSync(envFile, 'utf8'))
  } catch (error) {
    throw new ConfigError(`cannot read ${envFile}: ${(error as Error).message}`, {cause: error})
  }
}
