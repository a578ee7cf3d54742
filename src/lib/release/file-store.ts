/**
 * Contents of configs and secrets, kept at the engine under the hash of what they are.
 *
 * docker compose binds the file of the host into the container. Here each content gets a path of its own on the state
 * volume and that path is bound: a running replica never sees a later edit, going back brings the old content back, it
 * works on a remote engine, and owner and mode are as asked for, so that a non-root process can read a 0600 secret.
 */
import {createHash} from 'node:crypto'

import type {Engine} from '../engine/engine.js'

import {type FoundFile, StateFiles} from './state-files.js'
import {ensureState, STATE_DIRECTORY} from './state.js'

export interface StoredFile {
  /** Base name, for whoever looks at the mounts. */
  readonly name: string
  readonly content: Buffer
  readonly uid: number
  readonly gid: number
  /** Permission bits, `0o444`. */
  readonly mode: number
}

/** Identity of a file: same content, owner and mode, same path. */
export function storedFileDigest(file: StoredFile): string {
  const hash = createHash('sha256').update(`${file.name}\0${file.uid}\0${file.gid}\0${file.mode}\0`)
  return hash.update(file.content).digest('hex').slice(0, 32)
}

/** Where it is kept on the state volume. */
export function storedFilePath(file: StoredFile): string {
  return `files/${storedFileDigest(file)}/${file.name}`
}

/** Puts files at the engine unless they are there. Answers, by digest, the path on the engine's host. */
export async function storeFiles(
  engine: Engine,
  project: string,
  files: readonly StoredFile[],
): Promise<Map<string, string>> {
  const {container, hostDirectory} = await ensureState(engine, project)
  const state = new StateFiles(engine, project)
  // All in one call: the engine takes as long for one file as for many.
  const found = new Map((await state.list('files')).map((file) => [file.path, file]))
  const byDigest = new Map(files.map((file) => [storedFileDigest(file), file]))
  const placed = [...byDigest].map(([digest, file]) => {
    const path = storedFilePath(file)
    const there = found.get(path)
    return {path, file, digest, isThere: there !== undefined && isIntact(there)}
  })
  const missing = placed.filter(({isThere}) => !isThere)
  if (missing.length > 0) await engine.replaceByArchive(container, STATE_DIRECTORY, await archiveOf(missing))
  return new Map(placed.map(({digest, path}) => [digest, `${hostDirectory}/${path}`]))
}

/**
 * The content at `files/<digest>/<name>`. Undefined when it is not there, was pruned or is not what the digest says: it
 * was cut short, and storing it again heals it.
 */
export async function storedContent(state: StateFiles, path: string): Promise<Buffer | undefined> {
  const found = (await state.list(path.slice(0, path.lastIndexOf('/')))).find((file) => file.path === path)
  return found && isIntact(found) ? found.content : undefined
}

/** The digest in the path of a stored file, at the engine's host or on the volume. */
export function digestIn(path: string): string | undefined {
  return /(?:^|\/)files\/(?<digest>[0-9a-f]{32})(?:\/|$)/.exec(path)?.groups?.digest
}

function isIntact(found: FoundFile): boolean {
  const name = found.path.slice(found.path.lastIndexOf('/') + 1)
  return storedFileDigest({...found, name}) === digestIn(found.path)
}

async function archiveOf(files: readonly {path: string; file: StoredFile}[]): Promise<Buffer> {
  const [{pack}, {buffer}] = await Promise.all([import('tar-stream'), import('node:stream/consumers')])
  const archive = pack()
  // Named too: where it was pruned, an empty file stands in its place.
  const directories = ['files', ...files.map(({path}) => path.slice(0, path.lastIndexOf('/')))]
  for (const name of directories) archive.entry({name, type: 'directory', mode: 0o700})
  for (const {file, path} of files)
    archive.entry({name: path, uid: file.uid, gid: file.gid, mode: file.mode}, file.content)
  archive.finalize()
  return buffer(archive)
}
