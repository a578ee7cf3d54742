/** A stack that `docker compose up` started is taken over by its first deploy. */
import {execFile} from 'node:child_process'
import http from 'node:http'
import {promisify} from 'node:util'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'

import {startCli} from '../../support/cli.js'
import {freePort} from '../../support/free-port.js'
import {startLoad} from '../../support/load.js'
import {node, openProject, type Project, readyCheck, server, type ServiceYaml, type StackYaml} from './project.js'

const shell = promisify(execFile)
const DATABASE = [
  "process.on('SIGTERM', () => process.exit(0))",
  "require('http').createServer((request, response) => response.end('db')).listen(5432, () => require('fs').writeFileSync('/tmp/ready', ''))",
].join(';')
/** New connections a second to the published port. */
const RATE = 100
/** What a busy machine may take for moving the port. Everything else of the deploy takes many times that. */
const GAP_MS = 10_000

describe('a stack that docker compose started', () => {
  let project: Project
  let port: number

  beforeEach(async () => {
    project = await openProject('adopt')
    port = await freePort()
  })

  afterEach(async () => {
    await project.remove()
  })

  async function routers(): Promise<{name: string; state: string}[]> {
    const labels = [`dev.stackctl.project=${project.id}`, 'dev.stackctl.role=router']
    const containers = await project.sandbox.engine.listContainers(labels)
    return containers.map(({name, state}) => ({name, state}))
  }

  /** The old container serves under the service's name and on the host port, and nothing of the router is left. */
  async function expectAsBefore(web: string): Promise<void> {
    expect(await body(port)).toBe('v1')
    expect(await project.only('web')).toMatchObject({id: web, state: 'running'})
    expect(await routers()).toEqual([])
    const {name} = await project.only('db')
    const script = "fetch('http://web:8000/').then(async (answer) => console.log(await answer.text()))"
    const {stdout} = await project.sandbox.engine.exec(name, ['node', '-e', script])
    expect(stdout.trim()).toBe('v1')
  }

  it('is taken over: no new connection by name fails, and the host port is away for one moment only', async () => {
    await up(project, stack(port))
    const inside = await startLoad(project.sandbox, {
      url: 'http://web:8000/',
      connections: 2,
      slowMs: 0,
      network: `${project.id}_default`,
      keepAlive: false,
    })
    await inside.warm()
    const outside = knock(port)
    const run = await project.cli('deploy', '--yes')
    const [byName, byPort] = [await inside.stop(), await outside.stop()]

    expect(run.exitCode, run.stderr).toBe(0)
    expect(byName.failures).toEqual({})
    expect(byPort.answered).toBeGreaterThan(RATE)
    expect(byPort.failedSpanMs).toBeLessThan(GAP_MS)
    expect(await body(port)).toBe('v1')
    const {stdout: listed} = await compose(project, 'ps', '--services')
    expect(listed.trim().split('\n').toSorted()).toEqual(['db', 'web'])
    await expect(compose(project, 'logs', 'web')).resolves.toBeDefined()
    expect((await project.cli('plan')).stdout).toContain('Nothing to do.')
  })

  it('serves on by its old containers, on the same port, when its first deploy fails after the port has moved', async () => {
    await up(project, stack(port))
    const old = await project.only('web')
    const outside = knock(port)
    await project.write(stack(port, {web: {...webOn(port), ...node(DIES_OUTSIDE), ...monitored('20s')}}))
    const run = await project.cli('deploy', '--yes', '--progress', 'plain')
    await outside.stop()

    expect(run.exitCode, run.stderr).toBe(6)
    expect(run.stderr).toContain('✓ move host ports')
    await expectAsBefore(old.id)
  })

  it('notices nothing when a service fails before the port moves', async () => {
    await up(project, stack(port))
    const old = await project.only('web')
    const outside = knock(port)
    const last = node('process.exit(4)', {depends_on: {web: {condition: 'service_healthy'}}})
    await project.write(stack(port, {last}))
    const run = await project.cli('deploy', '--yes')

    expect((await outside.stop()).failed).toBe(0)
    expect(run.exitCode, run.stderr).toBe(6)
    await expectAsBefore(old.id)
  })

  it.each(['move host ports to the router', 'publish'])(
    'is finished by the next deploy when the first one was killed at "%s"',
    async (moment) => {
      await up(project, stack(port))
      const cli = startCli(['deploy', '--yes', '--progress', 'plain'], {cwd: project.directory})
      await cli.said(`▸ ${moment}`)
      cli.signal('SIGKILL')
      await cli.result.catch(() => {})
      const run = await project.cli('deploy', '--yes', '--wait-lock', '1m')

      expect(run.exitCode, run.stderr).toBe(0)
      expect(await body(port)).toBe('v1')
      expect(await routers()).toEqual([{name: `${project.id}-stackctl-router`, state: 'running'}])
      expect((await project.cli('plan')).stdout).toContain('Nothing to do.')
    },
  )
})

/** Answers clients inside; the first one that comes by the router's published port ends it. */
const DIES_OUTSIDE =
  "require('http').createServer((request, response) => request.headers['x-forwarded-for'] ? process.exit(3) : response.end('v2')).listen(8000, () => require('fs').writeFileSync('/tmp/ready', ''))"

function stack(port: number, more: Readonly<Record<string, ServiceYaml>> = {}): StackYaml {
  return {
    services: {
      db: node(DATABASE, {volumes: ['data:/data'], healthcheck: readyCheck()}),
      web: {...server('v1', webOn(port)), ...monitored('1ms')},
      ...more,
    },
    volumes: {data: {}},
  }
}

function webOn(port: number): ServiceYaml {
  return {
    ports: [`127.0.0.1:${port}:8000`],
    depends_on: {db: {condition: 'service_healthy'}},
    healthcheck: readyCheck(),
  }
}

function monitored(monitor: string): ServiceYaml {
  return {deploy: {update_config: {order: 'start-first', monitor}}}
}

async function up(project: Project, what: StackYaml): Promise<void> {
  await project.write(what)
  await compose(project, 'up', '--detach', '--wait')
}

async function compose(project: Project, ...args: string[]): Promise<{stdout: string}> {
  return shell('docker', ['compose', ...args], {cwd: project.directory})
}

interface Knocking {
  readonly stop: () => Promise<{answered: number; failed: number; failedSpanMs: number}>
}

/** New connections at a steady rate, however long the answers take. */
function knock(port: number): Knocking {
  const failedAt: number[] = []
  const open = new Set<Promise<void>>()
  let answered = 0
  const one = async (): Promise<void> => {
    const at = performance.now()
    try {
      await body(port)
      answered += 1
    } catch {
      failedAt.push(at)
    }
  }

  const timer = setInterval(() => {
    const knocking = one().finally(() => open.delete(knocking))
    open.add(knocking)
  }, 1000 / RATE)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(open)
      const failedSpanMs = failedAt.length === 0 ? 0 : Math.max(...failedAt) - Math.min(...failedAt)
      return {answered, failed: failedAt.length, failedSpanMs}
    },
  }
}

async function body(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({host: '127.0.0.1', port, agent: false, timeout: 10_000}, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(String(response.statusCode)))
      })
      response.on('error', reject)
    })
    request.on('timeout', () => request.destroy(new Error('no answer'))).on('error', reject)
  })
}
