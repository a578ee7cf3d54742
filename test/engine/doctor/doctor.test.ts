import {once} from 'node:events'
import {createServer, type Server} from 'node:net'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {Check} from '../../../src/lib/doctor/check.js'

import {NODE_IMAGE, openSandbox, type Sandbox} from '../../support/sandbox.js'
import {buildCli, runCli} from '../cli/built-cli.js'

let bin: string
let sandbox: Sandbox
let server: Server
let port: number

beforeAll(async () => {
  bin = buildCli()
  sandbox = await openSandbox('doc')
  server = createServer().listen(0, '0.0.0.0')
  await once(server, 'listening')
  port = (server.address() as {port: number}).port
})

afterAll(async () => {
  server.close()
  await sandbox.remove()
})

async function doctor(compose: string, env: Record<string, string> = {}) {
  await sandbox.files({'compose.yaml': compose})
  const {exitCode, stdout, stderr} = await runCli(bin, ['doctor', '--json'], {cwd: sandbox.directory, env})
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as {schema: string; healthy: boolean; checks: Check[]}
  const find = (id: string): Check | undefined => report.checks.find((check) => check.id === id)
  return {exitCode, report, find}
}

const compose = (service: string): string => `
name: ${sandbox.id}
services:
  web:
    image: ${NODE_IMAGE}
${service}
`

describe('stackctl doctor', () => {
  it('exits 0 where a deploy can begin', async () => {
    const {exitCode, report, find} = await doctor(compose('    deploy: {resources: {limits: {memory: 32m}}}'))
    expect({exitCode, healthy: report.healthy, schema: report.schema}).toEqual({
      exitCode: 0,
      healthy: true,
      schema: 'stackctl.doctor.v1',
    })
    for (const id of ['node', 'engine', 'compose', 'clock', 'stack', 'ports', 'images', 'limits', 'secrets']) {
      expect(find(id), id).toMatchObject({verdict: 'ok'})
    }

    expect(find('disk')).toBeDefined()
  })

  it('sees a process on a port that the stack publishes, and exits 8', async () => {
    const {exitCode, find} = await doctor(compose(`    ports: ['${port}:8000']`))
    expect(exitCode).toBe(8)
    expect(find('ports')).toMatchObject({verdict: 'problem', subject: `port ${port}/tcp`})
  })

  it('sees whose container holds a port, and lets the stack hold its own', async () => {
    const network = await sandbox.network('net')
    const name = await sandbox.container('holder', {
      network,
      Image: NODE_IMAGE,
      Cmd: ['node', '-e', 'setInterval(() => {}, 1000)'],
      Labels: {'com.docker.compose.project': `${sandbox.id}x`},
      ExposedPorts: {'8000/tcp': {}},
      HostConfig: {PortBindings: {'8000/tcp': [{HostPort: '0'}]}},
    })
    const facts = await sandbox.engine.inspectContainer(name)
    const held = facts?.NetworkSettings.Ports['8000/tcp']?.[0]?.HostPort ?? ''
    const ports = compose(`    ports: ['${held}:8000']`)

    const foreign = await doctor(ports)
    expect(foreign.find('ports')).toMatchObject({
      verdict: 'problem',
      detail: `held by container ${name} of project ${sandbox.id}x`,
    })
    const own = await doctor(ports.replace(`name: ${sandbox.id}`, `name: ${sandbox.id}x`))
    expect(own.find('ports')).toMatchObject({verdict: 'ok'})
  })

  it('names images that have to be pulled, and secrets that have to be made', async () => {
    const {exitCode, find} = await doctor(`
name: ${sandbox.id}
services:
  web: {image: 'example.invalid/absent:1', secrets: [jwt]}
secrets:
  jwt: {file: ./absent}
`)
    expect(find('images')).toMatchObject({
      verdict: 'warning',
      detail: expect.stringContaining('example.invalid/absent:1') as string,
    })
    expect(find('secrets')).toMatchObject({verdict: 'problem', detail: 'jwt: missing (absent)'})
    expect(exitCode).toBe(8)
  })

  it('still examines the host when the stack cannot be read', async () => {
    const {exitCode, find} = await doctor('services: [')
    expect(exitCode).toBe(8)
    expect(find('stack')).toMatchObject({verdict: 'problem'})
    expect(find('engine')).toMatchObject({verdict: 'ok'})
  })

  it('exits 4 when the engine does not answer, and says what to do', async () => {
    const {exitCode, find} = await doctor(compose(''), {DOCKER_HOST: 'unix:///nowhere/docker.sock'})
    expect(exitCode).toBe(4)
    expect(find('engine')).toMatchObject({verdict: 'problem', advice: expect.stringMatching(/\S/) as string})
    expect(find('stack')).toMatchObject({verdict: 'ok'})
  })
})
