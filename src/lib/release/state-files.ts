/**
 * Small files on the state volume of a stack. One call each, and none to ask first: what is missing is made when the
 * engine says so.
 *
 * The archive API cannot delete. A file is taken away by an empty one in its place, which is what every reader takes for
 * "not there"; an empty file also takes the place of a whole directory.
 */
import type {Readable} from 'node:stream'

import type {Engine} from '../engine/engine.js'

import {isNotFound} from '../engine/docker-errors.js'
import {ensureState, STATE_DIRECTORY, stateName} from './state.js'

export interface NewFile {
  /** Below the root of the volume: `releases/7.json`. */
  readonly path: string
  readonly content: Buffer | string
}

export interface FoundFile {
  readonly path: string
  readonly content: Buffer
  /** As the container sees it, also where the engine maps users (`userns-remap`); needs a directory to be listed. */
  readonly uid: number
  readonly gid: number
  /** Permission bits, `0o600`. */
  readonly mode: number
}

export class StateFiles {
  readonly #engine: Engine
  readonly #project: string

  constructor(engine: Engine, project: string) {
    this.#engine = engine
    this.#project = project
  }

  /** Writes files one after another, in one request, owner root, mode 0600. Makes the state of the stack if there is none. */
  async write(files: readonly NewFile[]): Promise<void> {
    if (files.length === 0) return
    const archive = await archiveOf(files)
    const send = (): Promise<void> => this.#engine.replaceByArchive(stateName(this.#project), STATE_DIRECTORY, archive)
    try {
      await send()
    } catch (error) {
      if (!isNotFound(error)) throw error
      await ensureState(this.#engine, this.#project)
      await send()
    }
  }

  /** Puts an empty file in the place of each file or directory. */
  async remove(paths: readonly string[]): Promise<void> {
    await this.write(paths.map((path) => ({path, content: ''})))
  }

  /** The content of one file; undefined when there is none. */
  async read(path: string): Promise<FoundFile | undefined> {
    const [found] = await this.list(path)
    return found?.path === path && found.content.length > 0 ? found : undefined
  }

  /** The files at and below a path, those that were removed included: they are empty. */
  async list(path: string): Promise<FoundFile[]> {
    const archive = await this.#archive(`${STATE_DIRECTORY}/${path}`)
    if (archive === undefined) return []
    // The engine names everything from the last part of the path on.
    const parent = path.includes('/') ? `${path.slice(0, path.lastIndexOf('/'))}/` : ''
    return unpack(archive, parent)
  }

  async #archive(path: string): Promise<Readable | undefined> {
    const container = stateName(this.#project)
    try {
      return await this.#engine.getArchive(container, path)
    } catch (error) {
      if (!isNotFound(error)) throw error
      // Somebody may have removed the container (`docker container prune` does); what was kept is on the volume.
      if ((await this.#engine.inspectVolume(container)) === undefined) return undefined
      await ensureState(this.#engine, this.#project)
      return this.#engine.getArchive(container, path)
    }
  }
}

/** Directories are named too, for their mode: the engine would open those that it makes itself to everybody. */
async function archiveOf(files: readonly NewFile[]): Promise<Buffer> {
  const [{pack}, {buffer}] = await Promise.all([import('tar-stream'), import('node:stream/consumers')])
  const archive = pack()
  const directories = new Set(files.flatMap(({path}) => parentsOf(path)))
  for (const name of directories) archive.entry({name, type: 'directory', mode: 0o700, uid: 0, gid: 0})
  for (const {path, content} of files) archive.entry({name: path, mode: 0o600, uid: 0, gid: 0}, content)
  archive.finalize()
  return buffer(archive)
}

/** `a/b/c.json` → `a`, `a/b`. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** An engine that maps users writes owners mapped and reads them as they are; root's directories tell by how much. */
async function unpack(archive: Readable, parent: string): Promise<FoundFile[]> {
  const [{extract}, {buffer}] = await Promise.all([import('tar-stream'), import('node:stream/consumers')])
  const files: FoundFile[] = []
  let root = {uid: 0, gid: 0}
  for await (const entry of archive.pipe(extract())) {
    const {name, type, uid, gid, mode} = entry.header
    const content = await buffer(entry)
    if (type === 'directory') root = {uid, gid}
    if (type !== 'file') continue
    files.push({path: `${parent}${name}`, content, uid: uid - root.uid, gid: gid - root.gid, mode: mode & 0o7777})
  }

  return files
}
