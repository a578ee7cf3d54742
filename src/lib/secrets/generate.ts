/** Makes the secret files of a stack: random, private, and never over an existing one unless that is asked for. */
import {randomBytes} from 'node:crypto'
import {chown, link, mkdir, open, rename, stat, unlink} from 'node:fs/promises'
import path from 'node:path'

import type {FileSpec, Stack} from '../stack/model.js'

import {ConfigError} from '../errors.js'

const DEFAULT_BYTES = 32
const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

export type SecretFile = {
  readonly name: string
  /** Absolute path. */
  readonly path: string
  /** Random bytes in it. */
  readonly bytes: number
  readonly exists: boolean
  /** Who must be able to read it: the user that all services with this secret run as. */
  readonly owner: Owner | undefined
}

export type Owner = {
  readonly uid: number
  readonly gid: number
}

/** The secret files that stackctl may make for this stack, with what is there already. */
export async function secretFiles(stack: Stack): Promise<SecretFile[]> {
  const wanted = generatable(stack)
  return Promise.all(
    wanted.map(async ({spec, file, bytes}) => ({
      name: spec.key,
      path: file,
      bytes,
      exists: await exists(file),
      owner: ownerOf(stack, spec.key),
    })),
  )
}

/** Writes one secret file atomically. An existing one is kept, unless `replace`. Answers whether it was written. */
export async function writeSecret(file: SecretFile, options: {replace: boolean; asRoot: boolean}): Promise<boolean> {
  const directory = path.dirname(file.path)
  await mkdir(directory, {recursive: true, mode: DIRECTORY_MODE})
  const draft = path.join(directory, `.${path.basename(file.path)}.${randomBytes(6).toString('hex')}`)
  try {
    await writeDraft(draft, randomBytes(file.bytes).toString('base64url'))
    if (options.asRoot && file.owner) await chown(draft, file.owner.uid, file.owner.gid)
    const isWritten = await publish(draft, file.path, options.replace)
    await syncDirectory(directory)
    return isWritten
  } finally {
    await unlink(draft).catch(() => {})
  }
}

type Generatable = {
  readonly spec: FileSpec
  readonly file: string
  readonly bytes: number
}

/** Those that `x-stackctl.secrets.generate` names, or every file secret when it names none. */
function generatable(stack: Stack): Generatable[] {
  const sizes = stack.settings.secrets.generate
  const named = Object.keys(sizes)
  const unknown = named.find((name) =>
    stack.secrets.every((spec) => !(spec.key === name && spec.source.from === 'file')),
  )
  if (unknown !== undefined) {
    throw new ConfigError(`x-stackctl.secrets.generate names ${unknown}, which is no compose secret with a file`, {
      suggestions: [`add secrets: {${unknown}: {file: …}} to the compose file, or take the name out`],
    })
  }

  return stack.secrets.flatMap((spec) => {
    if (spec.source.from !== 'file' || (named.length > 0 && !named.includes(spec.key))) return []
    return [{spec, file: spec.source.path, bytes: sizes[spec.key]?.bytes ?? DEFAULT_BYTES}]
  })
}

async function writeDraft(draft: string, content: string): Promise<void> {
  const handle = await open(draft, 'wx', FILE_MODE)
  try {
    await handle.writeFile(content)
    // The umask may have taken more away than we want; it cannot have given anything.
    await handle.chmod(FILE_MODE)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** `link` refuses to replace, atomically: two runs at once cannot overwrite each other's secret. */
async function publish(draft: string, target: string, replace: boolean): Promise<boolean> {
  if (replace) {
    await rename(draft, target)
    return true
  }

  try {
    await link(draft, target)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Makes the new name survive a power cut. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch {
    return false
  }
}

/** The numeric `user:` that all services with this secret share; names cannot be resolved outside their images. */
function ownerOf(stack: Stack, secret: string): Owner | undefined {
  const users = new Set(
    stack.services.filter(({compose}) => usesSecret(compose.secrets, secret)).map(({compose}) => compose.user ?? ''),
  )
  const match = users.size === 1 ? /^(?<uid>\d+)(?::(?<gid>\d+))?$/.exec([...users][0] ?? '') : undefined
  const {uid, gid} = match?.groups ?? {}
  return uid === undefined ? undefined : {uid: Number(uid), gid: Number(gid ?? uid)}
}

function usesSecret(grants: unknown, secret: string): boolean {
  if (!Array.isArray(grants)) return false
  return grants.some(
    (grant: unknown) => grant === secret || (grant as {source?: unknown} | undefined)?.source === secret,
  )
}
