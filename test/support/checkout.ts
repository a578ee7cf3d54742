/** A copy of this repository that a test may edit: sources copied, installed packages and the built CLI shared. */
import {execFile} from 'node:child_process'
import {cp, mkdir, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

export class Checkout {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /** Replaces text in a file; the text must be there. */
  async edit(file: string, change: (text: string) => string): Promise<void> {
    const full = path.join(this.directory, file)
    const before = await readFile(full, 'utf8')
    const after = change(before)
    if (after === before) throw new Error(`the edit of ${file} changes nothing`)
    await writeFile(full, after)
  }

  async remove(): Promise<void> {
    await rm(this.directory, {recursive: true, force: true})
  }
}

/** Copies what git knows or would know; never what it ignores. */
export async function copyRepository(directory: string): Promise<Checkout> {
  const {stdout} = await promisify(execFile)('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: REPOSITORY,
    maxBuffer: 64 * 1024 * 1024,
  })
  for (const file of stdout
    .split('\0')
    .filter((name) => /^(bin|stack|scripts|package\.json|oclif\.manifest\.json)/.test(name))) {
    const target = path.join(directory, file)
    await mkdir(path.dirname(target), {recursive: true})
    await cp(path.join(REPOSITORY, file), target)
  }

  await cp(path.join(REPOSITORY, 'dist'), path.join(directory, 'dist'), {recursive: true})
  await cp(path.join(REPOSITORY, 'oclif.manifest.json'), path.join(directory, 'oclif.manifest.json'))
  await symlink(path.join(REPOSITORY, 'node_modules'), path.join(directory, 'node_modules'))
  return new Checkout(directory)
}
