import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {node, openProject, type Project, server, type StackYaml} from './project.js'

const shell = promisify(execFile)
let project: Project

beforeAll(async () => {
  project = await openProject('life')
  await project.deployed(stack())
})

afterAll(async () => project.remove())

function stack(): StackYaml {
  return {
    services: {
      db: server('1', {volumes: ['data:/data'], user: 'root'}),
      app: server('1', {depends_on: {db: {condition: 'service_healthy'}}}),
      routed: server('1', {'x-stackctl': {route: {port: 8000}}, deploy: {replicas: 2}}),
    },
    volumes: {data: {}},
  }
}

async function compose(...args: string[]): Promise<string> {
  const {stderr, stdout} = await shell('docker', ['compose', ...args], {cwd: project.directory})
  return stdout + stderr
}

async function names(kind: 'network' | 'volume'): Promise<string[]> {
  const {stdout} = await shell('docker', [kind, 'ls', '--filter', `name=${project.id}`, '--format', '{{.Name}}'])
  return stdout.split('\n').filter(Boolean).toSorted()
}

describe('docker compose', () => {
  it('sees the stack as its own', async () => {
    const listed = (await compose('ps', '--format', '{{.Service}} {{.State}}')).trim().split('\n').toSorted()
    expect(listed).toEqual(['app running', 'db running', 'routed running', 'routed running'])
    expect(await compose('exec', '-T', 'app', 'sh', '-c', 'echo $VERSION')).toBe('1\n')
  })

  it('finds nothing to recreate in services that stackctl deployed', async () => {
    const before = await project.replicas()
    await compose('up', '-d', '--no-deps', 'db', 'app')
    expect(await project.replicas()).toEqual(before)
  })
})

describe('status', () => {
  it('says what runs, for a script', async () => {
    const {exitCode, stdout} = await project.cli('status', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'stackctl.status.v1',
      project: project.id,
      state: 'up',
      release: 1,
      router: 'running',
      services: [
        {service: 'app', state: 'up', replicas: {ready: 1, wanted: 1}},
        {service: 'db', state: 'up', replicas: {ready: 1, wanted: 1}},
        {service: 'routed', state: 'up', replicas: {ready: 2, wanted: 2}},
      ],
      orphans: [],
    })
  })
})

describe('stop and start', () => {
  it('stop every service and start the same containers again, published as before', async () => {
    const before = await project.replicas()
    expect(await project.cli('stop')).toMatchObject({exitCode: 0, stdout: `${project.id}: stopped\n`})
    expect((await project.replicas()).map(({id, state}) => ({id, state}))).toEqual(
      before.map(({id}) => ({id, state: 'exited'})),
    )
    expect((await project.cli('stop')).stdout).toBe(`${project.id}: nothing to do\n`)
    expect((await project.cli('status', '--json')).stdout).toContain('"state": "down"')
    expect((await project.cli('start')).exitCode).toBe(0)
    expect(await project.replicas()).toEqual(before)
    expect((await project.cli('status', '--json')).stdout).toContain('"state": "up"')
    expect(
      await project.sh('app', 'node -e "fetch(\'http://routed:8000\').then(r => r.text()).then(console.log)"'),
    ).toBe('1')
  })

  it('stop one service only', async () => {
    const {exitCode} = await project.cli('stop', '--service', 'app')
    expect(exitCode).toBe(0)
    expect((await project.replicas()).filter(({state}) => state === 'exited').map(({name}) => name)).toEqual([
      `${project.id}-app-r1-1`,
    ])
    expect((await project.cli('status', '--json')).stdout).toContain('"state": "degraded"')
    expect((await project.cli('start')).exitCode).toBe(0)
  })
})

describe('restart', () => {
  it('restarts a plain service in place, and replaces a routed one', async () => {
    const [app, routed] = [await project.only('app'), await project.replicas('routed')]
    const started = async (): Promise<string | undefined> =>
      (await project.sandbox.engine.inspectContainer(app.id))?.State.StartedAt
    const before = await started()
    const {exitCode, stderr} = await project.cli('restart', 'app', 'routed')
    expect(exitCode, stderr).toBe(0)
    expect(await project.only('app')).toEqual(app)
    expect(await started()).not.toBe(before)
    const replaced = await project.replicas('routed')
    expect(replaced).toHaveLength(2)
    expect(replaced.map(({id}) => id)).not.toContain(routed[0]?.id)
    expect((await project.cli('plan', '--exit-code')).exitCode).toBe(0)
  })
})

describe('a service that has left the file', () => {
  it('is kept and reported, until --remove-orphans', async () => {
    const {services, ...rest} = stack()
    const fewer = {...rest, services: {db: services.db!, routed: services.routed!}}
    await project.write(fewer)
    expect((await project.cli('plan')).stdout).toMatch(/\? app .*kept; --remove-orphans removes it/)
    const kept = await project.cli('deploy')
    expect(kept.exitCode).toBe(0)
    expect(kept.stderr + kept.stdout).toMatch(/app.*--remove-orphans/)
    expect((await project.only('app')).state).toBe('running')
    expect(JSON.parse((await project.cli('status', '--json')).stdout)).toMatchObject({orphans: ['app']})
    const others = [...(await project.replicas('db')), ...(await project.replicas('routed'))]
    expect((await project.cli('deploy', '--remove-orphans')).exitCode).toBe(0)
    expect(await project.replicas()).toEqual(others)
  })

  it('is taken out of the router when it was routed', async () => {
    await project.write({services: {db: stack().services.db!}, volumes: {data: {}}})
    const {exitCode, stderr} = await project.cli('deploy', '--remove-orphans')
    expect(exitCode, stderr).toBe(0)
    expect((await project.replicas()).map(({name}) => name)).toEqual([`${project.id}-db-r1-1`])
    expect(
      await project.sandbox.engine.listContainers([`dev.stackctl.project=${project.id}`, 'dev.stackctl.role=router']),
    ).toEqual([])
  })
})

describe('down', () => {
  it('removes containers and networks and keeps the data', async () => {
    await project.deployed(stack())
    await project.sh('db', 'echo precious > /data/kept')
    const {exitCode, stderr} = await project.cli('down', '--yes')
    expect(exitCode).toBe(0)
    expect(stderr).toContain(`These volumes stay: ${project.id}_data`)
    expect(await project.replicas()).toEqual([])
    expect(await project.sandbox.engine.listContainers([`dev.stackctl.project=${project.id}`])).toEqual([])
    expect(await names('network')).toEqual([])
    expect(await names('volume')).toContain(`${project.id}_data`)
    await project.deployed(stack())
    expect(await project.sh('db', 'cat /data/kept')).toBe('precious')
  })

  it('with --volumes removes everything, and says what is lost', async () => {
    const {exitCode, stderr} = await project.cli('down', '--volumes', '--yes')
    expect(exitCode).toBe(0)
    expect(stderr).toContain(`The data in these volumes is LOST: ${project.id}_data`)
    expect(await project.replicas()).toEqual([])
    expect(await names('volume')).toEqual([])
    expect((await project.cli('down', '--yes')).stdout).toBe(`${project.id}: nothing to do\n`)
  })

  it('leaves external networks and volumes alone', async () => {
    await project.sandbox.network('outside')
    await project.sandbox.engine.createVolume(`${project.id}_kept`, {
      driver: 'local',
      driverOpts: {},
      labels: project.sandbox.labels,
    })
    await project.deployed({
      services: {
        app: node("process.on('SIGTERM', () => process.exit(0));setInterval(() => {}, 1000)", {
          networks: ['outside'],
          volumes: ['kept:/kept'],
        }),
      },
      networks: {outside: {external: true, name: `${project.id}_outside`}},
      volumes: {kept: {external: true, name: `${project.id}_kept`}},
    })
    expect((await project.cli('down', '--volumes', '--yes')).exitCode).toBe(0)
    expect([await names('network'), await names('volume')]).toEqual([[`${project.id}_outside`], [`${project.id}_kept`]])
  })
})
