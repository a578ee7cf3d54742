import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {freePort} from '../bad-input/serving-stack.js'
import {openProject, type Project, server, type StackYaml} from './project.js'

let project: Project
let port: number
let other: number

beforeAll(async () => {
  project = await openProject('down')
  port = await freePort()
  other = await freePort()
  await project.deployed(stack('1'))
})

afterAll(async () => project.remove())

function stack(version: string, hostPort = port): StackYaml {
  const web = server(version, {
    ports: [`127.0.0.1:${hostPort}:8000`],
    'x-stackctl': {route: {port: 8000}},
  })
  return {services: {web}}
}

async function answer(hostPort = port): Promise<string> {
  try {
    return await (await fetch(`http://127.0.0.1:${hostPort}/`, {signal: AbortSignal.timeout(5000)})).text()
  } catch {
    return 'refused'
  }
}

/** Names and states of everything that is a router of the project. */
async function routers(): Promise<string[]> {
  const labels = [`dev.stackctl.project=${project.id}`, 'dev.stackctl.role=router']
  const found = await project.sandbox.engine.listContainers(labels)
  return found.map(({name, state}) => `${name.replace(project.id, '')} ${state}`).toSorted()
}

const name = (): string => `${project.id}-stackctl-router`

describe('a router that was killed', () => {
  it('in the middle of a rollout is started again, and the deploy ends well and says so', async () => {
    const {engine} = project.sandbox
    const run = project.deploy(stack('2'))
    await expect.poll(async () => (await project.replicas('web')).length, {timeout: 60_000, interval: 50}).toBe(2)
    await engine.killContainer(name(), 'SIGKILL')
    const {exitCode, stderr} = await run
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toContain('W_ROUTER_DOWN')
    expect(await answer()).toBe('2')
  })

  it('before a deploy still counts for what its file says: what it served is drained, not just removed', async () => {
    const {engine} = project.sandbox
    await engine.killContainer(name(), 'SIGKILL')
    await engine.waitContainer(name())
    await project.write(stack('3'))
    const {stdout} = await project.cli('plan', '--steps')
    expect(stdout).toMatch(/router\/start: start the router/)
    expect(stdout).toMatch(/drain \S+-web-r2-1/)
    await project.deployed(stack('3'))
    expect(await answer()).toBe('3')
    expect((await project.cli('plan', '--exit-code')).exitCode).toBe(0)
  })
})

describe('a run that was killed', () => {
  it('while it replaced the router: the next one puts the old router back first', async () => {
    const {engine} = project.sandbox
    await engine.renameContainer(name(), `${name()}-old`)
    await engine.stopContainer(`${name()}-old`)
    expect(await answer()).toBe('refused')
    const {stderr} = await project.deployed(stack('3'))
    expect(stderr).toMatch(/put the router back that was replaced/)
    expect(await answer()).toBe('3')
    expect(await routers()).toEqual(['-stackctl-router running'])
  })

  it('while it replaced the router, and the next one publishes another port', async () => {
    const {engine} = project.sandbox
    await engine.renameContainer(name(), `${name()}-old`)
    await engine.stopContainer(`${name()}-old`)
    await project.deployed(stack('3', other))
    expect([await answer(), await answer(other)]).toEqual(['refused', '3'])
    expect(await routers()).toEqual(['-stackctl-router running'])
    await project.deployed(stack('3'))
  })

  it('after the successor had taken over: the next one removes the old router', async () => {
    const {engine} = project.sandbox
    const facts = await engine.inspectContainer(name())
    await engine.createContainer(`${name()}-old`, {Image: facts?.Image ?? '', Labels: facts?.Config.Labels ?? {}})
    const {stderr} = await project.deployed(stack('3'))
    expect(stderr).toMatch(/remove the router that was replaced/)
    expect(await routers()).toEqual(['-stackctl-router running'])
    expect(await answer()).toBe('3')
  })

  it('between making the router and starting it: the next one makes it anew', async () => {
    const {engine} = project.sandbox
    const facts = await engine.inspectContainer(name())
    await project.cli('down', '--yes')
    await engine.createContainer(name(), {Image: facts?.Image ?? '', Labels: facts?.Config.Labels ?? {}})
    expect(await routers()).toEqual(['-stackctl-router created'])
    await project.deployed(stack('3'))
    expect(await answer()).toBe('3')
    expect(await routers()).toEqual(['-stackctl-router running'])
  })
})
