/**
 * Contents of configs and secrets, kept at the engine under the hash of what they are.
 *
 * docker compose binds the file of the host into the container. Here each content gets a path of its own on the state
 * volume and that path is bound: a running replica never sees a later edit, going back brings the old content back, it
 * works on a remote engine, and owner and mode are as asked for, so that a non-root process can read a 0600 secret.
 */
import {createHash} from 'node:crypto'

import type {Engine} from '../engine/engine.js'

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
  const byDigest = new Map(files.map((file) => [storedFileDigest(file), file]))
  const placed = await Promise.all(
    [...byDigest].map(async ([digest, file]) => {
      const path = storedFilePath(file)
      return {path, file, digest, isThere: await exists(engine, container, `${STATE_DIRECTORY}/${path}`)}
    }),
  )
  const missing = placed.filter(({isThere}) => !isThere)
  if (missing.length > 0) await engine.putArchive(container, STATE_DIRECTORY, await archiveOf(missing))
  return new Map(placed.map(({digest, path}) => [digest, `${hostDirectory}/${path}`]))
}


async function exists(engine: Engine, container: string, path: string): Promise<boolean> {
  const archive = await engine.getArchive(container, path)
  archive?.destroy()
  return archive !== undefined
}

async function archiveOf(files: readonly {path: string; file: StoredFile}[]): Promise<Buffer> {
  const [{pack}, {buffer}] = await Promise.all([import('tar-stream'), import('node:stream/consumers')])
  const archive = pack()
  for (const {file, path} of files)
    archive.entry({name: path, uid: file.uid, gid: file.gid, mode: file.mode}, file.content)
  archive.finalize()
  return buffer(archive)
}
