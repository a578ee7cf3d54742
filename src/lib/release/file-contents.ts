/** Reads the contents of a stack's configs and secrets, and their digests for change detection. */
import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'

import type {FileSpec, Service, Stack} from '../stack/model.js'

import {ConfigError} from '../errors.js'
import {fileMounts} from '../stack/file-mounts.js'

/** What `environment:` sources are taken from: the env file of the stack, and the shell above it. */
export type Variables = Readonly<Record<string, string | undefined>>

/** Content by `<kind>:<key>`, of those that a service uses. Throws ConfigError that names what cannot be read. */
export async function readContents(stack: Stack, variables: Variables): Promise<Map<string, Buffer>> {
  const used = new Map(
    stack.services.flatMap((service) => fileMounts(stack, service)).map(({file}) => [`${file.kind}:${file.key}`, file]),
  )
  const contents = await Promise.all(
    [...used].map(async ([key, file]) => [key, await contentOf(file, variables)] as const),
  )
  return new Map(contents)
}

/** Digests of the files that one service uses. */
export function digestsFor(
  stack: Stack,
  service: Service,
  contents: ReadonlyMap<string, Buffer>,
): Record<string, string> {
  const keys = fileMounts(stack, service).map(({file}) => `${file.kind}:${file.key}`)
  return Object.fromEntries(
    keys.map((key) => [
      key,
      createHash('sha256')
        .update(contents.get(key) ?? '')
        .digest('hex'),
    ]),
  )
}

async function contentOf(file: FileSpec, variables: Variables): Promise<Buffer> {
  const {source} = file
  if (source.from === 'inline') return Buffer.from(source.content)
  if (source.from === 'environment') return environmentContent(file, variables[source.variable], source.variable)
  try {
    return await readFile(source.path)
  } catch (error) {
    const remedy =
      file.kind === 'secret'
        ? 'stackctl secrets generate makes missing secrets'
        : `create the file, or correct configs.${file.key}.file`
    throw new ConfigError(
      `${file.kind} ${file.key} cannot be read: ${source.path} (${(error as NodeJS.ErrnoException).code})`,
      {
        cause: error,
        suggestions: [remedy],
      },
    )
  }
}

function environmentContent(file: FileSpec, value: string | undefined, variable: string): Buffer {
  if (value !== undefined) return Buffer.from(value)
  throw new ConfigError(`${file.kind} ${file.key} comes from the variable ${variable}, which is not set`, {
    suggestions: [`export ${variable}, or set it in the .env file of the environment`],
  })
}
