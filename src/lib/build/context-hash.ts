import {createHash, hash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'

/** The identity of a build: equal for equal input, whatever the machine and the clock. An image that carries it need not be built. */
import type {BuildSpec} from '../stack/model.js'
import type {ContextFile} from './context-files.js'

import {listContext} from './context-files.js'
import {readDockerfile} from './context.js'

/** Part of every hash. A new number rebuilds everything: change it only when old images would be wrong. */
const SCHEMA = 1
const CONCURRENT_FILES = 8
const SMALL_FILE_BYTES = 512 * 1024

export interface HashOptions {
  /** Id of each image that the build starts from, by reference. */
  readonly baseImageIds: Readonly<Record<string, string>>
  /** Whatever else decides about the image, as JSON. */
  readonly extra?: unknown
}

/** SHA-256 over the context's files, the Dockerfile, what the build is told, and the images it starts from. */
export async function contextHash(spec: BuildSpec, {baseImageIds, extra}: HashOptions): Promise<string> {
  const [dockerfile, filesHash] = await Promise.all([readDockerfile(spec), filesDigest(spec)])
  const identity = {
    schema: SCHEMA,
    files: filesHash,
    dockerfile,
    args: sorted(spec.args),
    target: spec.target ?? null,
    labels: sorted(spec.labels),
    platforms: spec.platforms.toSorted(),
    network: spec.network ?? null,
    baseImages: sorted(baseImageIds),
    extra: extra ?? null,
  }
  return hash('sha256', JSON.stringify(identity))
}

/** Digest of a directory's names, kinds, modes and contents, as the builder would see them. */
export async function filesDigest(spec: Pick<BuildSpec, 'contextDir' | 'dockerfile'>): Promise<string> {
  const files = await listContext(spec)
  const digests = await inParallel(files, (file) => contentDigest(spec.contextDir, file))
  const total = createHash('sha256')
  for (const [index, {path, type, mode}] of files.entries()) {
    total.update(`${JSON.stringify([path, type, type === 'symlink' ? 0 : mode, digests[index]])}\n`)
  }

  return total.digest('hex')
}

async function contentDigest(root: string, {path, type, sizeBytes, target}: ContextFile): Promise<string> {
  if (type === 'directory') return ''
  if (type === 'symlink') return target
  const full = join(root, path)
  if (sizeBytes <= SMALL_FILE_BYTES) return hash('sha256', await readFile(full))
  const digest = createHash('sha256')
  await pipeline(createReadStream(full, {highWaterMark: SMALL_FILE_BYTES}), digest)
  return digest.digest('hex')
}

/** A few at once, answers in order. */
async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = Array.from({length: items.length})
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }

  await Promise.all(Array.from({length: CONCURRENT_FILES}, worker))
  return results
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1))
}
