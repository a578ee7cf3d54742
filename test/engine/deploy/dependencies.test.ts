import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {node, openProject, type Project, readyCheck, server, SERVER, type StackYaml} from './project.js'

const FOREVER = "process.on('SIGTERM', () => process.exit(0));setInterval(() => {}, 1000)"
/** How long it takes `base` to become ready. */
const BOOT_MS = 1500

describe('services', () => {
  let project: Project

  beforeAll(async () => {
    project = await openProject('order')
  })

  afterAll(async () => project.remove())

  async function startedAt(service: string): Promise<number> {
    const facts = await project.sandbox.engine.inspectContainer((await project.only(service)).id)
    return new Date(facts?.State.StartedAt ?? 0).getTime()
  }

  it('start after what they depend on is as they ask for it', async () => {
    await project.deployed({
      services: {
        web: node(FOREVER, {
          depends_on: {api: {condition: 'service_healthy'}, setup: {condition: 'service_completed_successfully'}},
        }),
        api: server('1', {depends_on: {base: {condition: 'service_healthy'}}}),
        beside: node(FOREVER, {depends_on: {base: {condition: 'service_started'}}}),
        setup: node("console.log('prepared')", {depends_on: {base: {condition: 'service_healthy'}}}),
        base: node(`setTimeout(() => {${SERVER}}, ${BOOT_MS})`, {
          environment: {VERSION: '1'},
          healthcheck: readyCheck(),
        }),
      },
    })
    const [web, api, base, setup] = await Promise.all(
      ['web', 'api', 'base', 'setup'].map(async (name) => startedAt(name)),
    )
    expect(api! - base!).toBeGreaterThan(BOOT_MS)
    expect(setup! - base!).toBeGreaterThan(BOOT_MS)
    expect(web!).toBeGreaterThan(api!)
    expect(web!).toBeGreaterThan(setup!)
    expect((await project.only('setup')).state).toBe('exited')
  })
})

describe('a service in the network of another', () => {
  let project: Project

  beforeAll(async () => {
    project = await openProject('side')
  })

  afterAll(async () => project.remove())

  const stack = (version: string): StackYaml => ({
    services: {app: server(version), sidecar: node(FOREVER, {network_mode: 'service:app'})},
  })
  const seen = async (): Promise<string> =>
    project.sh('sidecar', 'node -e "fetch(\'http://127.0.0.1:8000\').then(r => r.text()).then(console.log)"')

  it('reaches it on its own loopback', async () => {
    await project.deployed(stack('1'))
    expect(await seen()).toBe('1')
  })

  it('goes along when the other is replaced', async () => {
    await project.deployed(stack('2'))
    expect(await seen()).toBe('2')
    expect(await project.replicas('sidecar')).toHaveLength(1)
  })

  it('stays when the new version of the other is refused', async () => {
    const run = await project.deploy({services: {...stack('3').services, app: node('process.exit(1)')}})
    expect(run.exitCode).toBe(6)
    expect(await seen()).toBe('2')
  })

  it('is all that is replaced when it alone changes', async () => {
    await project.deployed(stack('2'))
    const app = await project.only('app')
    await project.deployed({
      services: {...stack('2').services, sidecar: node(FOREVER, {network_mode: 'service:app', environment: {A: '1'}})},
    })
    expect(await project.only('app')).toEqual(app)
    expect(await seen()).toBe('2')
  })
})

describe('a service of a profile', () => {
  let project: Project

  beforeAll(async () => {
    project = await openProject('prof')
  })

  afterAll(async () => project.remove())

  it('is deployed with its profile only, and is no orphan without it', async () => {
    const stack: StackYaml = {services: {app: server('1'), debug: node(FOREVER, {profiles: ['tools']})}}
    await project.deployed(stack)
    expect(await project.replicas('debug')).toEqual([])
    await project.deployed(stack, '--profile', 'tools')
    const debug = await project.only('debug')
    await project.deployed(stack, '--remove-orphans')
    expect(await project.only('debug')).toEqual(debug)
  })
})
