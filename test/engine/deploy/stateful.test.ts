import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {node, openProject, type Project, readyCheck, server, type StackYaml} from './project.js'

/** Notes each of its starts in /data, as a database would keep what it was given. */
const STORE = [
  "process.on('SIGTERM', () => process.exit(0))",
  "require('fs').appendFileSync('/data/starts', process.env.VERSION)",
  "require('fs').writeFileSync('/tmp/ready', '')",
  'setInterval(() => {}, 1000)',
].join(';')
const CRASH = "console.error('cannot read format 2');process.exit(3)"

describe('a service with a named volume', () => {
  let project: Project

  beforeAll(async () => {
    project = await openProject('store')
  })

  afterAll(async () => project.remove())

  const stack = (version: string, script = STORE): StackYaml => ({
    services: {
      db: node(script, {
        user: 'root',
        environment: {VERSION: version},
        healthcheck: readyCheck(),
        volumes: ['data:/data'],
      }),
    },
    volumes: {data: {}},
  })

  it('is replaced with its data, and the plan says that it costs downtime', async () => {
    await project.deployed(stack('a'))
    const first = await project.only('db')
    await project.write(stack('b'))
    const plan = await project.cli('plan')
    expect(plan.stdout).toMatch(/~ db {2}replace 1 replica, downtime while it restarts/)
    expect(plan.stdout).toMatch(/Downtime: db\.$/m)
    expect(await project.only('db')).toEqual(first)
    await project.deployed(stack('b'))
    expect((await project.only('db')).release).toBe('2')
    expect(await project.sh('db', 'cat /data/starts')).toBe('ab')
  })

  it('runs again with its data when the new version crashes: exit 6', async () => {
    const before = await project.only('db')
    const run = await project.deploy(stack('c', CRASH))
    expect(run.exitCode).toBe(6)
    expect(run.stderr).toMatch(
      /^Error: release 3 was refused: \S+-db-r3-1 exited with code 3; release 2 keeps serving$/m,
    )
    expect(run.stderr).toMatch(/^ {2}\| cannot read format 2$/m)
    expect(await project.only('db')).toEqual({...before, state: 'running'})
    expect(await project.sh('db', 'cat /data/starts')).toBe('abb')
    expect((await project.cli('status', '--json')).stdout).toContain('"state": "up"')
  })
})

describe('a service with a volume that only its image names', () => {
  let project: Project

  beforeAll(async () => {
    project = await openProject('anon')
  })

  afterAll(async () => project.remove())

  const stack = (version: string): StackYaml => ({
    services: {
      db: server(version, {
        user: 'root',
        build: {context: '.', dockerfile_inline: 'FROM stackctl/node:24\nVOLUME /var/lib/thing\n'},
        image: `${project.id}/db`,
      }),
    },
  })

  it('hands it on to the container that replaces it', async () => {
    await project.deployed(stack('1'))
    const first = await project.only('db')
    await project.sh('db', 'echo precious > /var/lib/thing/data')
    await project.deployed(stack('2'))
    expect((await project.only('db')).id).not.toBe(first.id)
    expect(await project.sh('db', 'cat /var/lib/thing/data; echo $VERSION')).toBe('precious\n2')
  })

  it('keeps it when the stack is taken down, and removes it, inherited or not, with --volumes', async () => {
    const volumes = async () => {
      const [replica] = await project.replicas('db')
      const facts = await project.sandbox.engine.inspectContainer(replica?.id ?? '')
      return (facts?.Mounts ?? []).flatMap(({Name}) => Name ?? [])
    }

    const isThere = async (name: string) => (await project.sandbox.engine.inspectVolume(name)) !== undefined
    const [kept = ''] = await volumes()
    expect((await project.cli('down', '--yes')).exitCode).toBe(0)
    expect(await isThere(kept)).toBe(true)
    await project.sandbox.engine.removeVolume(kept)
    await project.deployed(stack('3'))
    await project.deployed(stack('4'))
    const [inherited = ''] = await volumes()
    expect((await project.cli('down', '--volumes', '--yes')).exitCode).toBe(0)
    expect(await isThere(inherited)).toBe(false)
  })
})

describe('a service with a container_name', () => {
  let project: Project

  beforeAll(async () => {
    project = await openProject('fixed')
  })

  afterAll(async () => project.remove())

  const stack = (version: string, more = {}): StackYaml => ({
    services: {app: server(version, {container_name: `${project.id}-fixed`, ...more})},
  })

  it('keeps the name when it is replaced', async () => {
    await project.deployed(stack('1'))
    const first = await project.only('app')
    await project.deployed(stack('2'))
    const second = await project.only('app')
    expect([first.name, second.name]).toEqual([`${project.id}-fixed`, `${project.id}-fixed`])
    expect(second.id).not.toBe(first.id)
  })

  it('gets it back when the new version is refused', async () => {
    const before = await project.only('app')
    const run = await project.deploy(stack('3', {command: ['node', '-e', CRASH]}))
    expect(run.exitCode).toBe(6)
    expect(await project.only('app')).toEqual(before)
    expect(await project.sh('app', 'echo $VERSION')).toBe('2')
  })

  it('keeps it, running, when the image does not build', async () => {
    const before = await project.only('app')
    const run = await project.deploy(
      stack('4', {
        build: {context: '.', dockerfile_inline: 'FROM stackctl/node:24\nRUN exit 9\n'},
        image: `${project.id}/app`,
      }),
    )
    expect(run.exitCode).toBe(3)
    // Not renamed and named back either: nothing is touched before the images are there.
    expect(run.stderr).not.toMatch(/✓ .*rename/)
    expect(await project.only('app')).toEqual(before)
  })
})
