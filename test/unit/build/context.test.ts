import {chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import {extract} from 'tar-stream'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'

import type {BuildSpec} from '../../../src/lib/stack/model.js'

import {listContext} from '../../../src/lib/build/context-files.js'
import {contextHash} from '../../../src/lib/build/context-hash.js'
import {packContext, readDockerfile} from '../../../src/lib/build/context.js'
import {ConfigError} from '../../../src/lib/errors.js'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'stkeng-context-'))
})
afterEach(() => rm(root, {recursive: true}))

async function write(files: Record<string, Buffer | string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), {recursive: true})
    await writeFile(join(root, path), content)
  }
}

function spec(more: Partial<BuildSpec> = {}): BuildSpec {
  return {
    contextDir: root,
    dockerfile: join(root, 'Dockerfile'),
    dockerfileInline: undefined,
    args: {},
    target: undefined,
    labels: {},
    tags: [],
    network: undefined,
    platforms: [],
    noCache: false,
    pull: false,
    cacheFrom: [],
    extraHosts: [],
    shmSizeBytes: undefined,
    needsBake: undefined,
    ...more,
  }
}

const paths = async (more: Partial<BuildSpec> = {}) => (await listContext(spec(more))).map((file) => file.path)
const hashOf = (more: Partial<BuildSpec> = {}, baseImageIds = {}) => contextHash(spec(more), {baseImageIds})

async function entriesOf(more: Partial<BuildSpec> = {}) {
  const {tar, dockerfile} = await packContext(spec(more))
  const entries: {name: string; type: string; mode: number; uid: number; link: string | null; content: string}[] = []
  for await (const entry of tar.pipe(extract() as never) as AsyncIterable<never>) {
    const {header} = entry as {header: {name: string; type: string; mode: number; uid: number; linkname: string | null}}
    const content = (await buffer(entry)).toString()
    entries.push({
      name: header.name,
      type: header.type,
      mode: header.mode,
      uid: header.uid,
      link: header.linkname,
      content,
    })
  }

  return {entries, dockerfile}
}

describe('the files of a build context', () => {
  it('leaves out what .dockerignore names, whole directories included, and lets in what ! names', async () => {
    await write({
      Dockerfile: 'FROM a',
      '.dockerignore': '# comment\nnode_modules\n**/*.log\n/dist\n!dist/keep\n',
      'node_modules/x/index.js': '',
      'src/a.ts': '',
      'src/deep/b.log': '',
      'dist/drop': '',
      'dist/keep': '',
    })
    expect(await paths()).toEqual(['.dockerignore', 'Dockerfile', 'dist/keep', 'src', 'src/a.ts', 'src/deep'])
  })

  it('prefers <Dockerfile>.dockerignore', async () => {
    await write({'web.Dockerfile': 'FROM a', 'web.Dockerfile.dockerignore': 'b', '.dockerignore': 'a', a: '', b: ''})
    expect(await paths({dockerfile: join(root, 'web.Dockerfile')})).toEqual([
      '.dockerignore',
      'a',
      'web.Dockerfile',
      'web.Dockerfile.dockerignore',
    ])
  })

  it('always holds the Dockerfile, even when it is ignored', async () => {
    await write({'docker/Dockerfile': 'FROM a', '.dockerignore': '**\n', x: ''})
    expect(await paths({dockerfile: join(root, 'docker/Dockerfile')})).toEqual(['docker/Dockerfile'])
  })

  it('says when the context or the Dockerfile is not there', async () => {
    await expect(listContext(spec({contextDir: join(root, 'no')}))).rejects.toThrow(ConfigError)
    await expect(readDockerfile(spec())).rejects.toThrow(/cannot read the Dockerfile .*: no such file/)
  })
})

describe('the tar of a build context', () => {
  it('is sorted, owned by root, and keeps modes, links and empty directories', async () => {
    await write({Dockerfile: 'FROM a', 'b/run.sh': '#!/bin/sh', empty: ''})
    await chmod(join(root, 'b/run.sh'), 0o755)
    await chmod(join(root, 'empty'), 0o600)
    await mkdir(join(root, 'void'))
    await symlink('b/run.sh', join(root, 'a-link'))
    const {entries, dockerfile} = await entriesOf()
    expect(dockerfile).toBe('Dockerfile')
    expect(entries.map(({name}) => name)).toEqual(['Dockerfile', 'a-link', 'b/', 'b/run.sh', 'empty', 'void/'])
    expect(entries.every(({uid}) => uid === 0)).toBe(true)
    expect(entries[1]).toMatchObject({type: 'symlink', link: 'b/run.sh'})
    expect(entries[3]).toMatchObject({mode: 0o755, content: '#!/bin/sh'})
    expect(entries[4]).toMatchObject({mode: 0o600, content: ''})
  })

  it('is the same bytes for the same directory', async () => {
    await write({Dockerfile: 'FROM a', 'z/ż': 'x', a: 'y'.repeat(700_000)})
    const bytes = async () => buffer((await packContext(spec())).tar)
    expect((await bytes()).equals(await bytes())).toBe(true)
  })

  it('carries a Dockerfile from elsewhere, or from the compose file itself', async () => {
    await write({'app/a': '', 'Dockerfile.web': 'FROM elsewhere'})
    const outside = await entriesOf({contextDir: join(root, 'app'), dockerfile: join(root, 'Dockerfile.web')})
    expect(outside.entries.find(({name}) => name === outside.dockerfile)?.content).toBe('FROM elsewhere')
    const inline = await entriesOf({contextDir: join(root, 'app'), dockerfileInline: 'FROM inline'})
    expect(inline.entries.find(({name}) => name === inline.dockerfile)?.content).toBe('FROM inline')
  })
})

describe('the identity of a build', () => {
  beforeEach(() =>
    write({Dockerfile: 'FROM a', 'src/a': 'one', 'src/big': Buffer.alloc(700_000, 1), '.dockerignore': 'ignored'}),
  )

  it('does not change with time stamps, ignored files, and how the build is cached', async () => {
    const before = await hashOf({args: {A: '1', B: '2'}})
    await utimes(join(root, 'src/a'), 1, 1)
    await write({ignored: 'x'})
    expect(await hashOf({args: {B: '2', A: '1'}, noCache: true, pull: true, cacheFrom: ['x'], tags: ['t']})).toBe(
      before,
    )
  })

  it.each([
    ['content', () => write({'src/a': 'two'})],
    ['the content of a large file', () => write({'src/big': Buffer.alloc(700_000, 2)})],
    ['a name', () => write({'src/new': ''})],
    ['a mode', () => chmod(join(root, 'src/a'), 0o755)],
    ['a link', () => symlink('a', join(root, 'src/link'))],
    ['an empty directory', () => mkdir(join(root, 'void'))],
    ['the Dockerfile', () => write({Dockerfile: 'FROM b'})],
  ])('changes with %s', async (_what, change) => {
    const before = await hashOf()
    await change()
    expect(await hashOf()).not.toBe(before)
  })

  it('changes with what the build is told and with the images it starts from', async () => {
    const hashes = await Promise.all([
      hashOf(),
      hashOf({args: {A: '1'}}),
      hashOf({target: 'x'}),
      hashOf({labels: {A: '1'}}),
      hashOf({platforms: ['linux/arm64']}),
      hashOf({network: 'host'}),
      hashOf({}, {a: 'sha256:1'}),
      hashOf({}, {a: 'sha256:2'}),
    ])
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})
