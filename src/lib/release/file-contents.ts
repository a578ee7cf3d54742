/** Reads the contents of a stack's configs and secrets, and their digests for change detection. */
import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'

import type {FileSpec, Service, Stack} from '../stack/model.js'

import {ConfigError} from '../errors.js'
import {fileMounts} from '../stack/file-mounts.js'

/** What `environment:` sources are taken from: the env file of the stack, and the shell above it. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Contents of configs and secrets by service, then by `<kind>:<key>`: two services may have one file of two releases.
 */
export type ServiceContents = ReadonlyMap<string, ReadonlyMap<string, Buffer>>

/** Contents as the files say now. Throws ConfigError that names what cannot be read. */
export async function readContents(stack: Stack, variables: Variables): Promise<ServiceContents> {
  const read = new Map<string, Promise<Buffer>>()
  const contentsOf = async (service: Service): Promise<ReadonlyMap<string, Buffer>> => {
    const entries = fileMounts(stack, service).map(async ({file}) => {
      const key = fileKey(file)
      const content = read.get(key) ?? contentOf(file, variables)
      read.set(key, content)
      return [key, await content] as const
    })
    return new Map(await Promise.all(entries))
  }

  const services = stack.services.map(async (service) => [service.name, await contentsOf(service)] as const)
  return new Map(await Promise.all(services))
}

/** `config:<key>` or `secret:<key>`. */
export function fileKey(file: Pick<FileSpec, 'kind' | 'key'>): string {
  return `${file.kind}:${file.key}`
}

/** Digests of the files that one service uses. */
export function digestsFor(stack: Stack, service: Service, contents: ServiceContents): Record<string, string> {
  const own = contents.get(service.name)
  const keys = fileMounts(stack, service).map(({file}) => fileKey(file))
  return Object.fromEntries(
    keys.map((key) => [
      key,
      createHash('sha256')
        .update(own?.get(key) ?? '')
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
