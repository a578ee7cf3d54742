import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {freePort} from '../bad-input/serving-stack.js'
import {loadFromHere} from './load-from-here.js'
import {node, openProject, type Project, readyCheck, type StackYaml} from './project.js'

/** Answers after `?d=` ms, and dies at once when asked to end, as most programs do. */
const APP = [
  "process.on('SIGTERM', () => process.exit(0))",
  "const answer = (request, response) => setTimeout(() => response.end('v' + process.env.VERSION), Number(new URL(request.url, 'http://x').searchParams.get('d')))",
  "require('http').createServer((request, response) => request.resume().on('end', () => answer(request, response))).listen(8000, () => require('fs').writeFileSync('/tmp/ready', ''))",
].join(';')

let project: Project
let port: number

beforeAll(async () => {
  project = await openProject('route')
  port = await freePort()
  await project.deployed(stack('1'))
})

afterAll(async () => project.remove())

function stack(version: string, script = APP): StackYaml {
  const web = node(script, {
    environment: {VERSION: version},
    healthcheck: readyCheck(),
    ports: [`127.0.0.1:${port}:8000`],
    deploy: {replicas: 2},
  })
  return {services: {web}}
}

describe('a routed service with two replicas, under load through its published port', () => {
  it('is updated without a failed request', async () => {
    const load = loadFromHere(port, {connections: 4, slowMs: 1000})
    await load.after(50)
    const {stderr} = await project.deployed(stack('2'))
    await load.after(50)
    const {bodies, failures, ok} = await load.stop()
    expect(failures).toEqual([])
    expect(ok).toBeGreaterThan(150)
    expect([...bodies].toSorted()).toEqual(['v1', 'v2'])
    expect(stderr).toMatch(/replace 2 replicas, one at a time, no downtime/)
    expect((await project.replicas()).map(({release, state}) => `${release} ${state}`)).toEqual([
      '2 running',
      '2 running',
    ])
  })

  it('is refused a bad release without a failed request: exit 6, the old replicas serve', async () => {
    const before = await project.replicas()
    const load = loadFromHere(port, {connections: 4, slowMs: 1000})
    await load.after(50)
    const run = await project.deploy(stack('3', "console.error('boom');process.exit(1)"))
    await load.after(50)
    const {bodies, failures} = await load.stop()
    expect(run.exitCode).toBe(6)
    expect(failures).toEqual([])
    expect([...bodies]).toEqual(['v2'])
    expect(await project.replicas()).toEqual(before)
  })

  it('is restarted, scaled up and down without a failed request', async () => {
    const load = loadFromHere(port, {connections: 4, slowMs: 500})
    await load.after(50)
    await project.write(stack('2'))
    expect((await project.cli('restart', 'web')).exitCode).toBe(0)
    const {services} = stack('2')
    await project.deployed({services: {web: {...services.web, deploy: {replicas: 3}}}})
    expect(await project.replicas('web')).toHaveLength(3)
    await project.deployed({services: {web: {...services.web, deploy: {replicas: 1}}}})
    await load.after(50)
    const {failures} = await load.stop()
    expect(failures).toEqual([])
    expect(await project.replicas('web')).toHaveLength(1)
  })

  it('is served again by the next deploy when the running router has lost a replica', async () => {
    await project.deployed(stack('2'))
    const router = `${project.id}-stackctl-router`
    const command = 'set server web.8000/s1 state maint; set server web.8000/s2 state maint'
    const socat = ['socat', '-', 'UNIX-CONNECT:/run/router/admin.sock']
    await project.sandbox.engine.exec(router, socat, {stdin: `${command}\n`})
    const plan = await project.cli('plan')
    expect(plan.stdout).toContain('the router does not serve it')
    await project.deployed(stack('2'))
    const {services} = JSON.parse((await project.cli('status', '--json')).stdout) as {services: {state: string}[]}
    expect(services.map(({state}) => state)).toEqual(['up'])
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200)
  })
})
