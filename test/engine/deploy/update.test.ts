import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {pack} from 'tar-stream'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {openRegistry, type Registry} from '../../support/registry.js'
import {NODE_IMAGE} from '../../support/sandbox.js'
import {node, openProject, type Project, readyCheck, SERVER, type StackYaml} from './project.js'

let project: Project
let registry: Registry

beforeAll(async () => {
  project = await openProject('update')
  registry = await openRegistry()
  await publish('1')
})

afterAll(async () => {
  await project.remove()
  await project.sandbox.engine.removeImage(reference())
  await registry.close()
})

function reference(): string {
  return `${registry.host}/app:latest`
}

/** An image whose services say that they are of this version. */
async function publish(version: string): Promise<void> {
  const tar = pack()
  tar.entry({name: 'Dockerfile'}, `FROM ${NODE_IMAGE}\nENV VERSION=${version}\n`)
  tar.finalize()
  const image = await project.sandbox.engine.buildImage({
    context: Readable.from(await buffer(tar)),
    dockerfile: 'Dockerfile',
    tags: [],
    args: {},
    labels: {'com.docker.compose.project': project.id},
    onProgress: () => {},
  })
  await registry.put('app', 'latest', image)
}

/** `api` is built from the image that `app` runs; `local` is nowhere but at the engine. */
function stack(note = ''): StackYaml {
  const api = node(SERVER, {healthcheck: readyCheck()})
  return {
    services: {
      app: node(SERVER, {image: reference(), healthcheck: readyCheck(), 'x-stackctl': {route: {port: 8000}}}),
      api: {
        ...api,
        image: undefined,
        build: {context: '.', dockerfile_inline: `FROM ${reference()}\nLABEL note="${note}"\n`},
      },
      local: node('setInterval(()=>{},1000)', {pull_policy: 'never', init: true}),
    },
  }
}

async function versions(): Promise<string[]> {
  return Promise.all(['app', 'api'].map(async (service) => project.sh(service, 'echo $VERSION')))
}

describe('update', () => {
  it('does nothing when the registry has nothing newer', async () => {
    await project.deployed(stack())
    const before = await project.replicas()
    const {exitCode, stderr, stdout} = await project.cli('update')
    expect({exitCode, stdout}, stderr).toEqual({
      exitCode: 0,
      stdout: `${project.id}: nothing to do, its images are the newest there are\n`,
    })
    expect(stderr).toContain(`${reference()} (app): nothing newer`)
    expect(await project.replicas()).toEqual(before)
  })

  it('shows with --plan what would be replaced, and replaces nothing', async () => {
    await publish('2')
    const before = await project.replicas()
    const {exitCode, stdout} = await project.cli('update', '--plan')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/~ app +replace 1 replica, no downtime/)
    expect(stdout).not.toContain('~ api')
    expect(await project.replicas()).toEqual(before)
  })

  it('replaces what runs an older image, and builds nothing, although the build has changed', async () => {
    await project.write(stack('changed'))
    const {exitCode, stderr, stdout} = await project.cli('update')
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toBe(`${project.id}: release 2 serves, updated: app\n`)
    expect(await versions()).toEqual(['2', '1'])
  })

  it('builds from newer base images with --build', async () => {
    const {exitCode, stderr, stdout} = await project.cli('update', '--build', '--service', 'api')
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toContain('updated: api')
    expect(await versions()).toEqual(['2', '2'])
  })

  it('says that a service which is built is not pulled: exit 2', async () => {
    const {exitCode, stderr} = await project.cli('update', '--service', 'api')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^Error: service api is built, not pulled$/m)
    expect(stderr).toMatch(/→ --build/)
  })

  it('touches nothing when a registry does not answer: exit 3', async () => {
    const before = await project.replicas()
    await registry.close()
    const {exitCode, stderr} = await project.cli('update')
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/^Error: cannot pull 127\.0\.0\.1:\d+\/app:latest: the registry cannot be reached/m)
    expect(await project.replicas()).toEqual(before)
  })
})
