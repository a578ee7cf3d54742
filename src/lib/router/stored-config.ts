/** The router's configuration on its volume, for a router that does not run: nothing can be executed in it. */
import type {Readable} from 'node:stream'

import type {Engine} from '../engine/engine.js'
import type {RouterTable} from './table.js'

import {CONFIG_PATH, parseTable} from './render.js'

/** Where a router's configuration is kept while another one takes its place (perform-router-swap.ts). */
export const EARLIER_CONFIG_PATH = '/var/lib/router/earlier.cfg'
/** uid and gid of the router's image. */
const ROUTER_UID = 10_001

/** Writes a configuration. */
export async function storeConfig(
  engine: Engine,
  container: string,
  {config, path = CONFIG_PATH}: {config: string; path?: string},
): Promise<void> {
  const [{pack}, {buffer}] = await Promise.all([import('tar-stream'), import('node:stream/consumers')])
  const archive = pack()
  archive.entry({name: baseOf(path), uid: ROUTER_UID, gid: ROUTER_UID, mode: 0o600}, config)
  archive.finalize()
  await engine.putArchive(container, directoryOf(path), await buffer(archive))
}

/** The table of a stored configuration; undefined when there is none. */
export async function storedTable(
  engine: Engine,
  container: string,
  path: string = CONFIG_PATH,
): Promise<RouterTable | undefined> {
  const archive = await engine.getArchive(container, path)
  return archive && parseTable(await onlyFileOf(archive))
}

/** The archive of a file holds that file and nothing else. */
async function onlyFileOf(archive: Readable): Promise<string> {
  const [{extract}, {text}] = await Promise.all([import('tar-stream'), import('node:stream/consumers')])
  let content = ''
  for await (const entry of archive.pipe(extract())) content = await text(entry)
  return content
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
