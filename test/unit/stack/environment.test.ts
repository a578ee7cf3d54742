import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'

import {ConfigError, UsageError} from '../../../src/lib/errors.js'
import {type ComposeInvocation, selectStack, type StackSelection} from '../../../src/lib/stack/environment.js'

function folder(...files: string[]): string {
  const root = mkdtempSync(path.join(tmpdir(), 'stkmodel-'))
  onTestFinished(() => rmSync(root, {recursive: true}))
  for (const file of files) {
    mkdirSync(path.dirname(path.join(root, file)), {recursive: true})
    writeFileSync(path.join(root, file), '')
  }

  return root
}

const select = (cwd: string, changes: Partial<StackSelection> = {}): ComposeInvocation =>
  selectStack({files: [], cwd, env: {}, bundledDirectory: '/opt/stackctl/stack', ...changes})

const names = ({files, directory}: ComposeInvocation) => files.map((file) => path.relative(directory, file))

describe('the compose file', () => {
  it.each([
    [['docker-compose.yaml', 'docker-compose.yml', 'compose.yml', 'compose.yaml'], ['compose.yaml']],
    [['docker-compose.yaml', 'docker-compose.yml'], ['docker-compose.yml']],
    [
      ['compose.yml', 'compose.override.yaml', 'docker-compose.override.yml'],
      ['compose.yml', 'compose.override.yaml'],
    ],
  ])('of %j is %j', (there, taken) => {
    const invocation = select(folder(...there))
    expect(names(invocation)).toEqual(taken)
    expect(invocation.args).toEqual([])
  })

  it('is that of the nearest parent', () => {
    const root = folder('compose.yaml', 'a/compose.yaml', 'a/b/c/x')
    expect(select(path.join(root, 'a', 'b', 'c')).directory).toBe(path.join(root, 'a'))
  })

  it('is the bundled one where there is no other', () => {
    expect(select(folder())).toMatchObject({bundled: true, directory: '/opt/stackctl/stack'})
  })

  it('is never the bundled one for a folder that was named', () => {
    const root = folder()
    expect(() => select(root, {files: ['compose.yaml']})).toThrow(ConfigError)
    expect(() => select(root, {projectDirectory: '.'})).toThrow(`no compose file in ${root}`)
    expect(() => select(root, {projectDirectory: 'nope'})).toThrow('does not exist')
  })

  it('cannot be standard input', () => {
    expect(() => select(folder(), {files: ['-']})).toThrow(UsageError)
  })

  it('may be one that docker compose fetches itself', () => {
    const invocation = select(folder(), {files: ['oci://example.test/shop:1']})
    expect(invocation.args).toEqual(['-f', 'oci://example.test/shop:1'])
  })

  it('is the overlay of the environment as well', () => {
    const root = folder('compose.yaml', 'compose.override.yaml', 'config/live/.env', 'config/live/compose.yaml')
    const invocation = select(root, {environment: 'live', profiles: ['p']})
    expect(names(invocation)).toEqual(['compose.yaml', 'compose.override.yaml', 'config/live/compose.yaml'])
    const at = (name: string) => path.join(root, name)
    expect(invocation.args).toEqual([
      '--env-file',
      at('config/live/.env'),
      '--profile',
      'p',
      '-f',
      at('compose.yaml'),
      '-f',
      at('compose.override.yaml'),
      '-f',
      at('config/live/compose.yaml'),
    ])
  })
})

describe('the environment', () => {
  it('is development, if there is one', () => {
    const root = folder('compose.yaml', 'config/development/.env', 'config/live/.env')
    expect(select(root).environment).toBe('development')
  })

  it('must be named where there are others only', () => {
    const root = folder('compose.yaml', 'config/live/.env', 'config/staging/.env')
    expect(() => select(root)).toThrow(
      expect.objectContaining({
        exit: 2,
        suggestions: [`Environments in ${path.join(root, 'config')}: live, staging.`],
      }) as Error,
    )
  })

  it('is none for a plain project, or one whose config folder holds something else', () => {
    expect(select(folder('compose.yaml', 'config/nginx/nginx.conf', 'config/.env')).environment).toBeUndefined()
  })

  it('is none where files or an env file are named, unless it is named too', () => {
    const root = folder('compose.yaml', 'config/development/.env')
    expect(select(root, {files: ['compose.yaml']}).environment).toBeUndefined()
    expect(select(root, {env: {COMPOSE_ENV_FILES: 'x'}}).environment).toBeUndefined()
    expect(select(root, {files: ['compose.yaml'], environment: 'development'}).envFile).toBe(
      path.join(root, 'config/development/.env'),
    )
  })

  it('that is unknown is a usage error, and never a path out of the project', () => {
    const root = folder('compose.yaml', 'config/live/.env', 'secret/.env')
    expect(() => select(root, {environment: '../secret'})).toThrow(UsageError)
    expect(() => select(root, {environment: 'prod'})).toThrow(
      `unknown environment "prod": no ${path.join(root, 'config/prod/.env')}`,
    )
  })
})
