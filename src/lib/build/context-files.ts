/** The files of a build context: what `.dockerignore` leaves, sorted, so that the same directory is always the same list. */
import {lstat, readdir, readFile, readlink} from 'node:fs/promises'
import {join, relative, sep} from 'node:path'

import {ConfigError} from '../errors.js'

export interface ContextFile {
  /** Path inside the context, with `/`. */
  readonly path: string
  readonly type: 'directory' | 'file' | 'symlink'
  readonly mode: number
  readonly sizeBytes: number
  readonly modifiedAt: Date
  /** Target of a symlink. */
  readonly target: string
}

export interface ContextPlace {
  readonly contextDir: string
  /** Absolute path; may lie outside of the context. */
  readonly dockerfile: string
}

/** Lists what the builder may see. The Dockerfile of the context is listed even when it is ignored. */
export async function listContext(place: ContextPlace): Promise<ContextFile[]> {
  const rules = await readRules(place)
  const found: ContextFile[] = []
  await walk({root: place.contextDir, rules, found}, '')
  // By code units, not by locale: the same order on every machine.
  return found.toSorted((one, other) => (one.path < other.path ? -1 : Number(one.path > other.path)))
}

/** Path of the Dockerfile inside the context; undefined when it lies elsewhere. */
export function pathInContext({contextDir, dockerfile}: ContextPlace): string | undefined {
  const path = relative(contextDir, dockerfile)
  return path.startsWith('..') || path === '' ? undefined : path.split(sep).join('/')
}

interface Rules {
  ignores(path: string): boolean
  /** Whether nothing below an ignored directory can be let in again. */
  canSkip(directory: string): boolean
}

async function readRules(place: ContextPlace): Promise<Rules> {
  const written =
    (await readIfExists(`${place.dockerfile}.dockerignore`)) ??
    (await readIfExists(join(place.contextDir, '.dockerignore')))
  const patterns = (written ?? '')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (patterns.length === 0) return {ignores: () => false, canSkip: () => true}
  // A CommonJS module that also has a `default`: what the types call default.default.
  const {default: dockerignore} = await import('@balena/dockerignore')
  const ignore = dockerignore.default({ignorecase: false}).add(patterns)
  const always = pathInContext(place)
  const letIn = patterns.filter((pattern) => pattern.startsWith('!')).map(literalStart)
  if (always !== undefined) letIn.push(always)
  return {
    ignores: (path) => path !== always && ignore.ignores(path),
    canSkip: (directory) =>
      !letIn.some((start) => `${directory}/`.startsWith(start) || start.startsWith(`${directory}/`)),
  }
}

/** `!a/b*.txt` → `a/b`: the part before the first wildcard. */
function literalStart(pattern: string): string {
  const path = pattern
    .slice(1)
    .trim()
    .replace(/^\.?\//, '')
  return path.split(/[*?[\\]/, 1)[0] ?? ''
}

interface Walk {
  readonly root: string
  readonly rules: Rules
  readonly found: ContextFile[]
}

async function walk(state: Walk, directory: string): Promise<void> {
  const names = await namesIn(join(state.root, directory))
  await Promise.all(
    names.map(async (name) => {
      const path = directory === '' ? name : `${directory}/${name}`
      const isIgnored = state.rules.ignores(path)
      const file = await describe(state.root, path)
      if (file === undefined) return
      if (!isIgnored) state.found.push(file)
      if (file.type === 'directory' && !(isIgnored && state.rules.canSkip(path))) await walk(state, path)
    }),
  )
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    const reason =
      code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is not a directory' : `cannot be read: ${code}`
    throw new ConfigError(`the build context ${directory} ${reason}`, {
      cause: error,
      suggestions: ['Check build.context in the compose file'],
    })
  }
}

/** Sockets, pipes and devices have no place in an image. */
async function describe(root: string, path: string): Promise<ContextFile | undefined> {
  const full = join(root, path)
  const stats = await lstat(full)
  const common = {path, mode: stats.mode & 0o7777, modifiedAt: stats.mtime}
  if (stats.isSymbolicLink()) return {...common, type: 'symlink', sizeBytes: 0, target: await readlink(full)}
  if (stats.isDirectory()) return {...common, type: 'directory', sizeBytes: 0, target: ''}
  if (stats.isFile()) return {...common, type: 'file', sizeBytes: stats.size, target: ''}
  return undefined
}

async function readIfExists(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
