import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {openProject, type Project, server, type ServiceYaml, type StackYaml} from './project.js'

let project: Project

const routed = (version: string, replicas: number): ServiceYaml =>
  server(version, {
    expose: ['8000'],
    deploy: {replicas, update_config: {monitor: '1ms'}},
    'x-stackctl': {route: {port: 8000}},
  })

function stack(version: string, replicas: number): StackYaml {
  return {
    services: {
      web: routed(version, replicas),
      plain: server('1'),
      data: server('1', {volumes: ['data:/data']}),
      named: server('1', {container_name: `${project.id}-fixed`}),
      migrate: {...server('1'), command: ['true'], healthcheck: {disable: true}, 'x-stackctl': {job: 'pre-deploy'}},
    },
    volumes: {data: {}},
  }
}

async function serving(service: string): Promise<string[]> {
  const status = JSON.parse((await project.cli('status', '--json')).stdout) as {
    services: {service: string; containers: {name: string; serving?: boolean; state: string}[]}[]
  }
  const containers = status.services.find((one) => one.service === service)?.containers ?? []
  return containers.filter((one) => one.state === 'running' && one.serving !== false).map((one) => one.name)
}

beforeAll(async () => {
  project = await openProject('scale')
  await project.deployed(stack('1', 2))
})

afterAll(async () => project.remove())

describe('scaling', () => {
  it('up adds published replicas of the release that serves and leaves the others alone', async () => {
    const before = await project.replicas('web')
    const run = await project.cli('scale', 'web', '4')
    expect(run.exitCode, run.stderr).toBe(0)
    expect(run.stdout).toMatch(/web has 4 replicas/)
    const after = await project.replicas('web')
    expect(after).toHaveLength(4)
    for (const replica of before) expect(after).toContainEqual(replica)
    expect(new Set(after.map(({release}) => release))).toEqual(new Set(['1']))
    expect(await serving('web')).toHaveLength(4)
  })

  it('to what there is already does nothing', async () => {
    const before = await project.replicas()
    const run = await project.cli('scale', 'web=4')
    expect(run.exitCode, run.stderr).toBe(0)
    expect(run.stdout).toContain('nothing to do')
    expect(await project.replicas()).toEqual(before)
  })

  it('does not deploy what the files say by now', async () => {
    await project.write(stack('2', 2))
    const run = await project.cli('scale', 'web=3', 'plain=2')
    expect(run.exitCode, run.stderr).toBe(0)
    const web = await project.replicas('web')
    expect(web).toHaveLength(3)
    expect(new Set(web.map(({release}) => release))).toEqual(new Set(['1']))
    expect(await project.replicas('plain')).toHaveLength(2)
  })

  it('is remembered by later deploys, and gone back to by none', async () => {
    await project.deployed(stack('2', 2))
    expect(await serving('web')).toHaveLength(3)
    expect(await project.replicas('plain')).toHaveLength(2)
    const plan = await project.cli('plan', '--exit-code')
    expect(plan.exitCode, plan.stdout).toBe(0)
  })

  it('is forgotten once the file says another number', async () => {
    await project.deployed(stack('2', 1))
    expect(await serving('web')).toHaveLength(1)
    await project.deployed(stack('2', 2))
    expect(await serving('web')).toHaveLength(2)
  })

  it('to nothing drains and removes all, and back again makes them anew', async () => {
    expect((await project.cli('scale', 'web', '0')).exitCode).toBe(0)
    expect(await project.replicas('web')).toEqual([])
    expect((await project.cli('scale', 'web', '2')).exitCode).toBe(0)
    expect(await serving('web')).toHaveLength(2)
  })

  it.each([
    ['a volume that is written to', 'data', /data cannot be scaled to 2: its replicas would write to one volume/],
    ['a fixed name', 'named', /named cannot be scaled to 2: container_name/],
    ['a job', 'migrate', /migrate cannot be scaled to 2: it is a job/],
  ])('is refused for %s, with the reason', async (_, service, message) => {
    const before = await project.replicas()
    const run = await project.cli('scale', service, '2')
    expect(run.exitCode).toBe(3)
    expect(run.stderr).toMatch(message)
    expect(await project.replicas()).toEqual(before)
  })

  it.each([
    [['nosuch', '2'], /unknown service: nosuch/],
    [['web', 'many'], /is not a service and a number/],
    [['web=-1'], /is not a service and a number/],
    [['web'], /is not a service and a number/],
  ])('%j is refused as a slip', async (words, message) => {
    const run = await project.cli('scale', ...words)
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toMatch(message)
  })
})
