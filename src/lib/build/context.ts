import type {Pack} from 'tar-stream'

import {createReadStream} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {PassThrough, type Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'

/** A build context as the engine takes it: one tar stream, files sorted, owned by root, never in memory as a whole. */
import type {BuildSpec} from '../stack/model.js'
import type {ContextFile} from './context-files.js'

import {ConfigError} from '../errors.js'
import {listContext, pathInContext} from './context-files.js'

/** Name in the tar of a Dockerfile that is not a file of the context. */
const FOREIGN_DOCKERFILE = '.stackctl.Dockerfile'

export interface PackedContext {
  readonly tar: Readable
  /** Path of the Dockerfile inside the tar. */
  readonly dockerfile: string
}

export type ContextSpec = Pick<BuildSpec, 'contextDir' | 'dockerfile' | 'dockerfileInline'>

/** The text of the Dockerfile, inline or not. */
export async function readDockerfile(spec: ContextSpec): Promise<string> {
  if (spec.dockerfileInline !== undefined) return spec.dockerfileInline
  try {
    return await readFile(spec.dockerfile, 'utf8')
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    throw new ConfigError(
      `cannot read the Dockerfile ${spec.dockerfile}: ${code === 'ENOENT' ? 'no such file' : code}`,
      {
        cause: error,
        suggestions: ['Check build.context and build.dockerfile in the compose file'],
      },
    )
  }
}

/** Starts to pack; an error while reading destroys the stream with it. */
export async function packContext(spec: ContextSpec): Promise<PackedContext> {
  const [{pack}, files, foreign] = await Promise.all([import('tar-stream'), listContext(spec), foreignDockerfile(spec)])
  const packing = pack()
  void fill(packing, {root: spec.contextDir, files, foreign}).catch((error: unknown) => packing.destroy(error as Error))
  // tar-stream's streams are not node's own; what leaves here is.
  const tar = new PassThrough({highWaterMark: 1024 * 1024})
  void pipeline(packing as unknown as Readable, tar).catch((error: unknown) => tar.destroy(error as Error))
  const dockerfile = foreign === undefined ? (pathInContext(spec) ?? FOREIGN_DOCKERFILE) : FOREIGN_DOCKERFILE
  return {tar, dockerfile}
}

async function foreignDockerfile(spec: ContextSpec): Promise<string | undefined> {
  const isInContext = spec.dockerfileInline === undefined && pathInContext(spec) !== undefined
  return isInContext ? undefined : readDockerfile(spec)
}

interface Content {
  readonly root: string
  readonly files: readonly ContextFile[]
  readonly foreign: string | undefined
}

async function fill(tar: Pack, {root, files, foreign}: Content): Promise<void> {
  if (foreign !== undefined) tar.entry({name: FOREIGN_DOCKERFILE, mode: 0o644, mtime: new Date(0)}, foreign)
  for (const file of files) {
    if (file.type === 'file') await addFile(tar, root, file)
    else tar.entry({...headerOf(file), ...(file.type === 'symlink' && {linkname: file.target})})
  }

  tar.finalize()
}

/**
 * The time of the file stays: with one time for all, a server that derives ETags from time and size (nginx) would answer
 * "not modified" for a changed file of the same size. The identity of a build does not contain it (`context-hash.ts`).
 */
function headerOf({path, type, mode, modifiedAt, sizeBytes}: ContextFile) {
  const mtime = new Date(Math.floor(modifiedAt.getTime() / 1000) * 1000)
  return {name: type === 'directory' ? `${path}/` : path, type, mode, mtime, size: sizeBytes, uid: 0, gid: 0}
}

async function addFile(tar: Pack, root: string, file: ContextFile): Promise<void> {
  if (file.sizeBytes === 0) {
    tar.entry(headerOf(file), '')
    return
  }

  const entry = tar.entry(headerOf(file))

  const full = join(root, file.path)
  try {
    // No more than was announced: a file that grows meanwhile must not break the archive.
    await pipeline(createReadStream(full, {end: file.sizeBytes - 1, highWaterMark: 256 * 1024}), entry)
  } catch (error) {
    throw new ConfigError(`cannot read ${full} of the build context: ${(error as Error).message}`, {
      cause: error,
      suggestions: ['Run the command again when nothing writes to the build context, or add the file to .dockerignore'],
    })
  }
}
