/** Where docker compose finds its files when none are named. */
import {readdirSync} from 'node:fs'
import path from 'node:path'

/** In docker compose's order: the first that exists is taken. */
const DEFAULT_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']
const OVERRIDE_FILES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
]

/** The default compose file of a directory and its override file, absolute; empty when there is none. */
export function defaultFiles(directory: string): string[] {
  const names = new Set(entries(directory))
  const main = DEFAULT_FILES.find((name) => names.has(name))
  if (main === undefined) return []
  const override = OVERRIDE_FILES.find((name) => names.has(name))
  return [main, ...(override === undefined ? [] : [override])].map((name) => path.join(directory, name))
}

/** The nearest directory, from `cwd` upwards, that has a default compose file. */
export function findProject(cwd: string): string | undefined {
  for (let directory = path.resolve(cwd); ; directory = path.dirname(directory)) {
    if (defaultFiles(directory).length > 0) return directory
    if (directory === path.dirname(directory)) return undefined
  }
}

/** The files of a COMPOSE_FILE value, as written; `${NAME}` in it is replaced. */
export function composeFileList(value: string, variables: Readonly<Record<string, string | undefined>>): string[] {
  const separator = variables.COMPOSE_PATH_SEPARATOR || path.delimiter
  return value
    .replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => variables[name] ?? '')
    .split(separator)
    .filter((file) => file !== '')
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // A folder that cannot be read has no project for us; docker compose goes on upwards as well.
    return []
  }
}
