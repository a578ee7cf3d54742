/**
 * Contents of configs and secrets, kept at the engine under the hash of what they are.
 *
 * docker compose binds the file of the host into the container. Here each content gets a path of its own on the state
 * volume and that path is bound: a running replica never sees a later edit, going back brings the old content back, it
 * works on a remote engine, and owner and mode are as asked for, so that a non-root process can read a 0600 secret.
 */
import {createHash} from 'node:crypto'

import type {Engine} from '../engine/engine.js'

import {STATE_DIRECTORY, ensureState} from './state.js'

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

/** Puts files at the engine unless they are there. Answers, by digest, the path on the engine's host. */
export async function storeFiles(engine: Engine, project: string, files: readonly StoredFile[]): Promise<Map<string, string>> {
  const {container, hostDirectory} = await ensureState(engine, project)
  const paths = new Map<string, string>()
  for (const file of files) {
    const digest = storedFileDigest(file)
    const relative = `files/${digest}/${file.name}`
    paths.set(digest, `${hostDirectory}/${relative}`)
    if (await exists(engine, container, `${STATE_DIRECTORY}/${relative}`)) continue
    await engine.putArchive(container, STATE_DIRECTORY, await archiveOf(relative, file))
  }

  return paths
}

async function exists(engine: Engine, container: string, path: string): Promise<boolean> {
  const archive = await engine.getArchive(container, path)
  archive?.destroy()
  return archive !== undefined
}

async function archiveOf(path: string, file: StoredFile): Promise<Buffer> {
  const [{pack}, {buffer}] = await Promise.all([import('tar-stream'), import('node:stream/consumers')])
  const archive = pack()
  archive.entry({name: path, uid: file.uid, gid: file.gid, mode: file.mode}, file.content)
  archive.finalize()
  return buffer(archive)
}
