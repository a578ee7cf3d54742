import {mkdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'

import type {Stack} from '../../../src/lib/stack/model.js'

import {loadStack} from '../../../src/lib/stack/compose.js'
import {selectStack, type StackSelection} from '../../../src/lib/stack/environment.js'
import {projectFolder} from './project-folder.js'

const service = (name: string, extra = '') => `services: {${name}: {image: "shop/${name}:\${TAG:-none}"${extra}}}\n`

const production = [
  'ENVIRONMENT=production',
  'COMPOSE_PROJECT_NAME=shop-production',
  'COMPOSE_FILE=compose.yaml:compose.database.yaml:config/${ENVIRONMENT}/compose.yaml',
  'COMPOSE_PROFILES=extra',
  'TAG=9',
].join('\n')

const shop = {
  'compose.yaml': `services:\n  web: {image: "shop/web:\${TAG:-none}"}\n  tool: {image: tool, profiles: [extra]}\n`,
  'compose.override.yaml': 'services: {web: {labels: {override: "1"}}}\n',
  'compose.database.yaml': service('db'),
  'config/production/.env': production,
  'config/production/compose.yaml': 'services: {web: {labels: {overlay: "1"}}}\n',
  'config/staging/.env': 'ENVIRONMENT=staging\nTAG=8\n',
  'config/staging/compose.yaml': 'services: {web: {labels: {overlay: staging}}}\n',
  'config/development/.env': 'ENVIRONMENT=development\nTAG=1\n',
}

async function load(selection: Partial<StackSelection> & {cwd: string}): Promise<Stack> {
  const env = selection.env ?? {PATH: process.env.PATH, HOME: process.env.HOME}
  const invocation = selectStack({files: [], bundledDirectory: '/nonexistent', ...selection, env})
  return loadStack(invocation, {env})
}

describe('an environment with docker compose itself', () => {
  it('takes files, project name, profiles and tag from its env file', async () => {
    const stack = await load({cwd: projectFolder(shop), environment: 'production'})
    expect(stack.project).toBe('shop-production')
    expect(stack.services.map(({image}) => image)).toEqual(['shop/db:9', 'tool', 'shop/web:9'])
    expect(stack.services[2]?.compose.labels).toEqual({overlay: '1'})
    expect(stack.environment).toBe('production')
  })

  it('knows the files that docker compose takes, with variables of the env file in their names', async () => {
    const cwd = projectFolder(shop)
    const stack = await load({cwd, environment: 'production'})
    const names = ['compose.yaml', 'compose.database.yaml', 'config/production/compose.yaml']
    expect(stack.files).toEqual(names.map((name) => path.join(cwd, name)))
  })

  it('is found from a folder below the project', async () => {
    const cwd = projectFolder(shop)
    mkdirSync(path.join(cwd, 'src', 'deep'), {recursive: true})
    const stack = await load({cwd: path.join(cwd, 'src', 'deep'), environment: 'production'})
    expect([stack.directory, stack.services.length]).toEqual([cwd, 3])
  })

  it('without COMPOSE_FILE: takes the default file, its override and the overlay', async () => {
    const stack = await load({cwd: projectFolder(shop), environment: 'staging'})
    expect(stack.services.map(({name}) => name)).toEqual(['web'])
    expect(stack.services[0]?.compose.labels).toEqual({override: '1', overlay: 'staging'})
    expect(stack.services[0]?.image).toBe('shop/web:8')
  })

  it('is development when none is named', async () => {
    const stack = await load({cwd: projectFolder(shop)})
    expect([stack.environment, stack.services[0]?.image]).toEqual(['development', 'shop/web:1'])
  })

  it('leaves given files as they are and adds the env file', async () => {
    const cwd = projectFolder(shop)
    const stack = await load({cwd, files: ['compose.database.yaml'], environment: 'production'})
    expect(stack.services.map(({image}) => image)).toEqual(['shop/db:9'])
  })

  it('takes COMPOSE_FILE of the shell relative to where the user stands', async () => {
    const cwd = projectFolder(shop)
    const env = {PATH: process.env.PATH, HOME: process.env.HOME, COMPOSE_FILE: '../compose.database.yaml'}
    mkdirSync(path.join(cwd, 'below'))
    const stack = await load({cwd: path.join(cwd, 'below'), env})
    expect(stack.services.map(({image}) => image)).toEqual(['shop/db:none'])
    expect(stack.directory).toBe(cwd)
  })

  it('reads COMPOSE_FILE from the .env of a plain project', async () => {
    const cwd = projectFolder({
      'compose.yaml': service('web'),
      'other.yaml': service('other'),
      '.env': 'COMPOSE_FILE=other.yaml\nTAG=3\n',
    })
    const stack = await load({cwd})
    expect(stack.services.map(({image}) => image)).toEqual(['shop/other:3'])
    expect(stack.files).toEqual([path.join(cwd, 'other.yaml')])
  })

  it('takes the project directory that is named', async () => {
    const cwd = projectFolder(shop)
    const stack = await load({cwd: '/', projectDirectory: cwd, environment: 'production'})
    expect([stack.directory, stack.services.length]).toEqual([cwd, 3])
  })

  it('activates the profiles that are named', async () => {
    const stack = await load({cwd: projectFolder(shop), files: ['compose.yaml'], profiles: ['extra']})
    expect(stack.services.map(({name}) => name)).toEqual(['tool', 'web'])
  })
})

describe('what docker compose resolves', () => {
  it('keeps every text of the environment, whatever YAML could read into it', async () => {
    const values = [
      'yes',
      'no',
      'on',
      '0123',
      '0x10',
      '1e3',
      '1_000',
      '.5',
      '~',
      'null',
      '2001-01-01',
      '12:30:45',
      ' lead',
      'tail ',
      'a: b',
      '# c',
      '{x}',
      '$',
      '$$',
      '${X}',
      'a\nb\n',
      '\t',
      'ü€',
      '"q"',
      "'",
    ]
    const environment = Object.fromEntries(values.map((value, index) => [`V${index}`, value.replaceAll('$', '$$$$')]))
    const cwd = projectFolder({'compose.yaml': JSON.stringify({services: {web: {image: 'x', environment}}})})
    const stack = await load({cwd})
    expect(Object.values(stack.services[0]?.compose.environment ?? {}).toSorted()).toEqual(values.toSorted())
  })

  it('takes other numbers of replicas than the files say, and routes accordingly', async () => {
    const cwd = projectFolder({'compose.yaml': 'services: {web: {image: x, expose: ["3000"]}}'})
    const invocation = selectStack({files: [], cwd, env: process.env, bundledDirectory: '/nonexistent'})
    const [web] = (await loadStack(invocation, {replicas: {web: 4}})).services
    expect([web?.replicas, web?.route?.ports[0]?.port]).toEqual([4, 3000])
    await expect(loadStack(invocation, {replicas: {wbe: 4}})).rejects.toThrow('no service "wbe" to scale')
  })

  it('needs no engine', async () => {
    const env = {PATH: process.env.PATH, HOME: process.env.HOME, DOCKER_HOST: 'tcp://127.0.0.1:1'}
    const stack = await load({cwd: projectFolder({'compose.yaml': service('web')}), env})
    expect(stack.services).toHaveLength(1)
  })

  it('keeps x-stackctl of services and of the project', async () => {
    const text = `x-stackctl: {confirm: true}\n${service('web', ', x-stackctl: {route: {port: 3000, drain-timeout: 1m30s}, gate: {timeout: 60s, successes: 3}, soak: 2s}')}`
    const stack = await load({cwd: projectFolder({'compose.yaml': text})})
    expect(stack.settings.confirm).toBe(true)
    expect(stack.services[0]).toMatchObject({gate: {timeoutMs: 60_000, successes: 3}, soakMs: 2000})
    expect(stack.services[0]?.route).toEqual({
      drainTimeoutMs: 90_000,
      ports: [{port: 3000, target: 3000, mode: 'http', proxyProtocol: false, published: []}],
    })
  })

  it('carries what docker compose only warned about', async () => {
    const stack = await load({cwd: projectFolder({'compose.yaml': `version: "3"\n${service('web')}`})})
    expect(stack.warnings).toEqual([expect.stringContaining('`version` is obsolete')])
  })

  it('drops a dependency onto an inactive profile only where it is not required', async () => {
    const text =
      'services:\n  a: {image: x, depends_on: {b: {condition: service_started, required: false}}}\n  b: {image: y, profiles: [p]}\n'
    const stack = await load({cwd: projectFolder({'compose.yaml': text})})
    expect(stack.services[0]?.dependsOn).toEqual([])
    expect(stack.warnings).toEqual([expect.stringContaining('service "a" depends on service "b", which is not active')])
  })
})
