/**
 * The heartbeat of a lock: the modification time of an empty file in the lock container's own layer. It goes with the
 * container, is never half written, needs no block on a full disk, and is the engine's time: two laptops may disagree
 * about what time it is.
 */
import type {Engine} from '../engine/engine.js'

const DIRECTORY = '/'
const FILE = 'heartbeat'

/** Throws EngineError (404) when the container is gone. */
export async function writeHeartbeat(engine: Engine, container: string): Promise<void> {
  const {time} = await engine.info()
  await engine.putArchive(container, DIRECTORY, await archiveOf(time))
}

/** When the last heartbeat was, to the second, rounded down; undefined before the first. Throws EngineError (404) when the container is gone. */
export async function readHeartbeat(engine: Engine, container: string): Promise<Date | undefined> {
  const archive = await engine.getArchive(container, `${DIRECTORY}${FILE}`)
  if (archive === undefined) return undefined
  const [{extract}, {pipeline}] = await Promise.all([import('tar-stream'), import('node:stream/promises')])
  let time: Date | undefined
  const reader = extract().on('entry', (header, content, next) => {
    time = header.mtime
    content.on('end', next).resume()
  })
  await pipeline(archive, reader)
  return time
}

async function archiveOf(time: Date): Promise<Buffer> {
  const [{pack}, {buffer}] = await Promise.all([import('tar-stream'), import('node:stream/consumers')])
  const archive = pack()
  archive.entry({name: FILE, mtime: time, mode: 0o444}, '')
  archive.finalize()
  return buffer(archive)
}
