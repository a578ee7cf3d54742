import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {freePort} from '../bad-input/serving-stack.js'
import {loadFromHere} from './load-from-here.js'
import {node, openProject, type Project, readyCheck, server, type ServiceYaml, type StackYaml} from './project.js'

/** Answers its version on every port of PORTS. */
const ON_TWO_PORTS = [
  "process.on('SIGTERM', () => process.exit(0))",
  "const answer = (request, response) => setTimeout(() => response.end(process.env.VERSION), Number(new URL(request.url, 'http://x').searchParams.get('d')))",
  "for (const port of process.env.PORTS.split(',')) require('http').createServer(answer).listen(Number(port))",
  "setTimeout(() => require('fs').writeFileSync('/tmp/ready', ''), 200)",
].join(';')
const CRASH = "console.error('boom');process.exit(1)"

let project: Project
let first: number
let second: number

beforeAll(async () => {
  project = await openProject('ports')
  first = await freePort()
  second = await freePort()
})

afterAll(async () => project.remove())

function stack(version: string, port: number, more: ServiceYaml = {}): StackYaml {
  return {services: {web: server(version, {ports: [`127.0.0.1:${port}:8000`], ...more})}}
}

const ROUTED = {'x-stackctl': {route: {port: 8000}}}
const BAD = {command: node(CRASH).command}

/** What a client of the host gets. */
async function answerAt(port: number): Promise<string> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}/`, {signal: AbortSignal.timeout(5000)})).text()
  } catch {
    return 'refused'
  }
}

describe('a published port', () => {
  it('moves with the release that publishes another one', async () => {
    await project.deployed(stack('1', first, ROUTED))
    expect(await answerAt(first)).toBe('1')
    await project.deployed(stack('2', second, ROUTED))
    expect([await answerAt(first), await answerAt(second)]).toEqual(['refused', '2'])
  })

  it('stays where it is when the release that moves it is refused', async () => {
    const run = await project.deploy(stack('3', first, {...ROUTED, ...BAD}))
    expect(run.exitCode, run.stderr).toBe(6)
    expect([await answerAt(first), await answerAt(second)]).toEqual(['refused', '2'])
    expect(await project.cli('plan', '--json')).toMatchObject({exitCode: 0})
    expect(
      await project.sandbox.engine.listContainers([`dev.stackctl.project=${project.id}`, 'dev.stackctl.role=router']),
    ).toHaveLength(1)
  })

  it('goes back to the router when the release that takes it from there is refused', async () => {
    const run = await project.deploy(stack('3', second, BAD))
    expect(run.exitCode, run.stderr).toBe(6)
    expect(await answerAt(second)).toBe('2')
    expect(JSON.parse((await project.cli('status', '--json')).stdout)).toMatchObject({state: 'up', router: 'running'})
  })

  it('goes from the router to the service when the file says so', async () => {
    const {stderr} = await project.deployed(stack('3', second, {'x-stackctl': {route: false}}))
    expect(stderr).toMatch(/Downtime: web/)
    expect(await answerAt(second)).toBe('3')
    expect(JSON.parse((await project.cli('status', '--json')).stdout)).toMatchObject({state: 'up', router: 'none'})
  })

  it('stays with the service when the release that hands it to the router is refused', async () => {
    const run = await project.deploy(stack('4', second, {...ROUTED, ...BAD}))
    expect(run.exitCode, run.stderr).toBe(6)
    // The container was stopped for a moment, and takes another to listen again.
    await expect.poll(async () => answerAt(second), {timeout: 10_000}).toBe('3')
  })

  it('goes from the service to the router', async () => {
    await project.deployed(stack('4', second, ROUTED))
    expect(await answerAt(second)).toBe('4')
    expect(JSON.parse((await project.cli('status', '--json')).stdout)).toMatchObject({state: 'up', router: 'running'})
  })
})

describe('the port that the replicas of a routed service listen on', () => {
  const listening = (version: string, target: number, more: ServiceYaml = {}): StackYaml => {
    const web = node(ON_TWO_PORTS, {
      environment: {VERSION: version, PORTS: String(target)},
      healthcheck: readyCheck(),
      ports: [`127.0.0.1:${second}:8000`],
      'x-stackctl': {route: {ports: [{port: 8000, target}]}},
      ...more,
    })
    return {services: {web}}
  }

  it('changes with the release, and no request is sent to the old replicas on the new one', async () => {
    await project.deployed(listening('5', 8000))
    const load = loadFromHere(second, {connections: 4, slowMs: 300})
    await load.after(50)
    await project.deployed(listening('6', 9000))
    await load.after(50)
    const {bodies, failures} = await load.stop()
    expect(failures).toEqual([])
    expect([...bodies].toSorted()).toEqual(['5', '6'])
  })

  it('stays when the release that changes it is refused, also for a replica that had been taken out', async () => {
    const worker = node(CRASH, {depends_on: {web: {condition: 'service_healthy'}}})
    const {services} = listening('7', 9500)
    const run = await project.deploy({services: {...services, worker}})
    expect(run.exitCode, run.stderr).toBe(6)
    expect(await answerAt(second)).toBe('6')
    expect((await project.deployed(listening('6', 9000))).stderr).not.toMatch(/replace/)
  })

  it('changes by replacing the replicas, also when nothing else changes', async () => {
    const both = {environment: {VERSION: '8', PORTS: '8000,9000'}}
    await project.deployed(listening('8', 9000, both))
    const {stderr} = await project.deployed(listening('8', 8000, both))
    expect(stderr).toMatch(/replace 1 replica.*its route changed/)
    expect(await answerAt(second)).toBe('8')
    expect((await project.cli('plan', '--exit-code')).exitCode).toBe(0)
  })
})
