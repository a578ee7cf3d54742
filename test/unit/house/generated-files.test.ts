import {execFile} from 'node:child_process'
import {cp, mkdtemp, readdir, readFile, rm, symlink} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)

/** What git has is compared: the build has renewed the files of the work tree already. */
async function recorded(file: string): Promise<string> {
  const {stdout} = await run('git', ['show', `:${file}`], {cwd: REPOSITORY, maxBuffer: 32 * 1024 * 1024})
  return stdout
}

describe('generated files', () => {
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'stk-generated-'))
    for (const name of ['package.json', 'README.md', 'bin', 'docs', 'tsconfig.json', 'tsconfig.build.json', 'src']) {
      await cp(path.join(REPOSITORY, name), path.join(directory, name), {recursive: true})
    }

    await symlink(path.join(REPOSITORY, 'node_modules'), path.join(directory, 'node_modules'))
    const binaries = path.join(REPOSITORY, 'node_modules/.bin')
    const env = {...process.env, PATH: `${binaries}:${process.env.PATH}`, NODE_ENV: 'production'}
    await run('tsc', ['-p', 'tsconfig.build.json'], {cwd: directory, env})
    await run('oclif', ['manifest'], {cwd: directory, env})
    const {scripts} = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as {
      scripts: {docs: string}
    }
    await run('sh', ['-c', scripts.docs], {cwd: directory, env})
  }, 120_000)

  afterAll(async () => {
    await rm(directory, {recursive: true, force: true})
  })

  it('include the manifest of the commands as they are: npm run build, and commit it', async () => {
    const fresh: unknown = JSON.parse(await readFile(path.join(directory, 'oclif.manifest.json'), 'utf8'))
    expect(JSON.parse(await recorded('oclif.manifest.json'))).toEqual(fresh)
  })

  it('include the pages of the commands as they are: npm run docs, and commit them', async () => {
    const pages = (await readdir(path.join(directory, 'docs/commands'))).map((name) => `docs/commands/${name}`)
    for (const file of [...pages, 'README.md']) {
      expect(await recorded(file), file).toBe(await readFile(path.join(directory, file), 'utf8'))
    }

    const {stdout} = await run('git', ['ls-files', 'docs/commands'], {cwd: REPOSITORY})
    expect(stdout.trim().split('\n').toSorted()).toEqual(pages.toSorted())
  })
})
