import type {Readable} from 'node:stream'

/** Files of a container as tar streams; the container need not run. */
import type {EngineClient} from './client.js'
import type {Engine} from './engine.js'

import {isBelowFile, isNotFound} from './docker-errors.js'

export function archiveCalls(client: EngineClient): Pick<Engine, 'getArchive' | 'putArchive' | 'replaceByArchive'> {
  return {
    putArchive: (id, directory, tar) => putArchive(client, {id, path: directory, noOverwriteDirNonDir: true}, tar),
    replaceByArchive: (id, directory, tar) => putArchive(client, {id, path: directory}, tar),
    getArchive: (id, path) => getArchive(client, {id, path}),
  }
}

interface Place {
  readonly id: string
  readonly path: string
}

async function putArchive(
  client: EngineClient,
  {id, ...query}: Place & {noOverwriteDirNonDir?: boolean},
  tar: Buffer | Readable,
): Promise<void> {
  const what = `copy files to ${query.path} in ${client.nameOf(id)}`
  try {
    await client.json({
      what,
      method: 'PUT',
      path: `/containers/${id}/archive`,
      query,
      upload: tar,
    })
  } finally {
    // The engine may answer (no such directory) before it has read everything: nobody reads the rest.
    if (!Buffer.isBuffer(tar)) tar.destroy()
  }
}

async function getArchive(client: EngineClient, {id, path}: Place): Promise<Readable | undefined> {
  const what = `copy ${path} from ${client.nameOf(id)}`
  try {
    return await client.stream({what, path: `/containers/${id}/archive`, query: {path}})
  } catch (error) {
    if (isBelowFile(error)) return undefined
    if (!isNotFound(error)) throw error
    // 404 is the answer for a missing path and for a missing container; the second is an error.
    await client.json({what, path: `/containers/${id}/json`})
    return undefined
  }
}
