import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {openProject, type Project, server, type ServiceYaml, type StackYaml} from './project.js'

let project: Project
let before: ReadonlyMap<string, string>

const FILES = {'settings.toml': 'colour = "red"\n', 'secrets/token': 'first-token-8UEpr2', '.env': 'MODE=quiet\n'}

function stack(plain: ServiceYaml = {}): StackYaml {
  return {
    services: {
      settings: server('1', {configs: [{source: 'settings', target: '/etc/app/settings.toml'}]}),
      token: server('1', {secrets: ['token']}),
      variable: server('1', {environment: {VERSION: '1', MODE: '${MODE}'}}),
      plain: server('1', plain),
    },
    configs: {settings: {file: './settings.toml'}},
    secrets: {token: {file: './secrets/token'}},
  }
}

beforeAll(async () => {
  project = await openProject('change')
  await project.write(stack(), FILES)
  const {exitCode, stderr} = await project.cli('deploy')
  expect(exitCode, stderr).toBe(0)
  before = await ids()
})

afterAll(async () => project.remove())

async function ids(): Promise<Map<string, string>> {
  const names = ['settings', 'token', 'variable', 'plain']
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, (await project.replicas(name)).map(({id}) => id).join(' ')] as const),
    ),
  )
}

/** Deploys and answers whose containers are others than before. */
async function replacedBy(files: Record<string, string>): Promise<string[]> {
  const old = before
  await project.sandbox.files(files)
  const {exitCode, stderr} = await project.cli('deploy')
  expect(exitCode, stderr).toBe(0)
  before = await ids()
  return [...before].filter(([name, id]) => old.get(name) !== id).map(([name]) => name)
}

describe('a deploy replaces exactly the service that changed', () => {
  it('none, when nothing did', async () => {
    expect(await replacedBy({})).toEqual([])
    expect((await project.cli('plan', '--exit-code')).exitCode).toBe(0)
  })

  it('by the content of a config', async () => {
    await project.sandbox.files({'settings.toml': 'colour = "blue"\n'})
    expect((await project.cli('plan', '--exit-code')).exitCode).toBe(8)
    expect(await replacedBy({})).toEqual(['settings'])
    expect(await project.sh('settings', 'cat /etc/app/settings.toml')).toBe('colour = "blue"')
  })

  it('by the content of a secret', async () => {
    expect(await replacedBy({'secrets/token': 'second-token-Zk41xQ'})).toEqual(['token'])
    expect(await project.sh('token', 'cat /run/secrets/token')).toBe('second-token-Zk41xQ')
  })

  it('by a variable of the .env file', async () => {
    expect(await replacedBy({'.env': 'MODE=loud\n'})).toEqual(['variable'])
    expect(await project.sh('variable', 'echo $MODE')).toBe('loud')
  })

  it('not by how it is to be updated, or what it depends on', async () => {
    await project.write(
      stack({deploy: {update_config: {parallelism: 3, delay: '1s', monitor: '2s'}}, depends_on: ['token']}),
    )
    expect(await replacedBy({})).toEqual([])
  })

  it('not by how many replicas there are: those that run keep running', async () => {
    const [first] = await project.replicas('plain')
    await project.write(stack({deploy: {replicas: 3}}))
    expect(await replacedBy({})).toEqual(['plain'])
    const three = await project.replicas('plain')
    expect(three).toHaveLength(3)
    expect(three).toContainEqual(first)
    await project.write(stack())
    await replacedBy({})
    expect(await project.replicas('plain')).toHaveLength(1)
  })

  it('one whose container is gone is made again, and one that was stopped is started', async () => {
    const {engine} = project.sandbox
    await engine.removeContainer((await project.only('plain')).id, {force: true})
    await engine.stopContainer((await project.only('settings')).id)
    expect(await replacedBy({})).toEqual(['plain'])
    expect((await project.replicas()).every(({state}) => state === 'running')).toBe(true)
  })
})
