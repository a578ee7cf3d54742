import Docker, {type ContainerInspectInfo} from 'dockerode'
import {execFile} from 'node:child_process'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {ContainerContext} from '../../../src/lib/stack/container-context.js'
import type {Service, Stack} from '../../../src/lib/stack/model.js'

import {loadStack} from '../../../src/lib/stack/compose.js'
import {containerBody} from '../../../src/lib/stack/container.js'
import {selectStack} from '../../../src/lib/stack/environment.js'
import {composeLabels} from '../../../src/lib/stack/labels.js'
import {serviceNamed} from '../../../src/lib/stack/read-model.js'
import {networkBody, volumeBody} from '../../../src/lib/stack/resource-bodies.js'
import {comparable, differences} from './comparable.js'

const run = promisify(execFile)
const docker = new Docker()
const project = `stkmodel-${process.pid}`
const directory = path.join(import.meta.dirname, 'fixtures', 'parity')
const env = {...process.env, COMPOSE_PROJECT_NAME: project}

const SERVICES = [
  'plain',
  'process',
  'cleared',
  'without-command',
  'rights',
  'privileged',
  'resources',
  'cpu-quota',
  'deployed',
  'devices',
  'restart-count',
  'restart-always',
  'restart-unless-stopped',
  'restart-no',
  'restart-any',
  'network',
  'mac-address',
  'network-none',
  'network-host',
  'beside',
  'mounts',
  'volumes-from',
  'donor',
]

let stack: Stack
const theirs = new Map<string, ContainerInspectInfo>()

beforeAll(async () => {
  const invocation = selectStack({files: [], cwd: directory, env, bundledDirectory: '/nonexistent'})
  stack = await loadStack(invocation, {env})
  await run('docker', ['compose', 'create'], {cwd: directory, env})
  for (const {Id, Labels} of await docker.listContainers({
    all: true,
    filters: {label: [`com.docker.compose.project=${project}`]},
  })) {
    theirs.set(Labels['com.docker.compose.service'] ?? '', await docker.getContainer(Id).inspect())
  }
})

afterAll(async () => {
  const ours = await docker.listContainers({all: true, filters: {name: [`${project}-ours`]}})
  for (const {Id} of ours) await docker.getContainer(Id).remove({force: true, v: true})
  for (const name of [`${project}-ours-back`, `${project}-ours-front`])
    await docker.getNetwork(name).remove().catch(ignoreMissing)
  for (const name of [`${project}-ours-labelled`, `${project}-ours-data`])
    await docker.getVolume(name).remove().catch(ignoreMissing)
  await run('docker', ['compose', 'down', '--volumes', '--timeout', '0'], {cwd: directory, env})
})

describe('a container made from our translation', () => {
  it('is compared for every service of the fixture', () => {
    expect(stack.services.map(({name}) => name)).toEqual(SERVICES.toSorted())
    expect([...theirs.keys()].toSorted()).toEqual(SERVICES.toSorted())
  })

  it.each(SERVICES)('is the one that docker compose makes: %s', async (name) => {
    const service = serviceNamed(stack, name)
    const expected = comparable(theirs.get(name)!, service)
    const actual = comparable(await create(service), service)
    expect(differences(expected, actual)).toEqual([])
  })

  it('notices a difference when there is one', async () => {
    const service = serviceNamed(stack, 'plain')
    const changed = {...service, compose: {...service.compose, mem_limit: '67108864', environment: {ADDED: '1'}}}
    const found = differences(
      comparable(theirs.get('plain')!, service),
      comparable(await create(changed, 'changed'), service),
    )
    expect(found.map(({field}) => field).toSorted()).toEqual([
      'Config.Env',
      'HostConfig.Memory',
      'HostConfig.MemorySwap',
    ])
  })
})

describe('networks and volumes made from our translation', () => {
  it('are those that docker compose makes', async () => {
    for (const key of ['back', 'front']) {
      const spec = stack.networks.find((network) => network.key === key)!
      const name = `${project}-ours-${key}`
      const body = withOtherSubnet(networkBody(stack, spec))
      await docker.createNetwork({...body, Name: name})
      const [made, expected] = [await docker.getNetwork(name).inspect(), await docker.getNetwork(spec.name).inspect()]
      expect(bareNetwork(made)).toEqual(bareNetwork(expected))
    }
  })

  it('keep driver, options and labels of volumes', async () => {
    for (const key of ['labelled', 'data']) {
      const spec = stack.volumes.find((volume) => volume.key === key)!
      const body = volumeBody(stack, spec)
      const name = `${project}-ours-${key}`
      await docker.createVolume({Name: name, Driver: body.driver, DriverOpts: body.driverOpts, Labels: body.labels})
      const [made, expected] = [await docker.getVolume(name).inspect(), await docker.getVolume(spec.name).inspect()]
      const bare = ({Driver, Labels, Options}: Docker.VolumeInspectInfo) => ({Driver, Labels, Options: Options ?? {}})
      expect(bare(made)).toEqual(bare(expected))
    }
  })
})

async function create(service: Service, suffix = ''): Promise<ContainerInspectInfo> {
  const compose = theirs.get(service.name)!
  const name = `${project}-ours-${service.name}${suffix}`
  const facts = {number: 1, oneoff: false, configHash: 'v1:test', imageId: compose.Image}
  const context: ContainerContext = {
    stack,
    imageId: compose.Image,
    labels: composeLabels(stack, service, facts),
    name,
    publishPorts: true,
    serviceAlias: true,
    files: {pathOf: ({file: {source}}) => (source.from === 'file' ? source.path : '')},
    containers: (other) => theirs.get(other)!.Id,
    apiVersion: (await docker.version()).ApiVersion,
    restartPolicy: 'real',
  }
  const {body, connect} = containerBody(service, context)
  const container = await docker.createContainer({...body, name})
  for (const {network, endpoint} of connect) {
    await docker.getNetwork(network).connect({Container: container.id, EndpointConfig: endpoint})
  }

  return container.inspect()
}

/** Two networks cannot have one subnet: the second byte changes, everything else stays. */
function withOtherSubnet(body: ReturnType<typeof networkBody>): ReturnType<typeof networkBody> {
  return JSON.parse(JSON.stringify(body).replaceAll('10.213.', '10.214.')) as ReturnType<typeof networkBody>
}

function bareNetwork({
  Driver,
  Options,
  Internal,
  Attachable,
  EnableIPv6,
  IPAM,
  Labels,
}: Docker.NetworkInspectInfo): unknown {
  const ipam = JSON.parse(JSON.stringify(IPAM).replaceAll('10.214.', '10.213.')) as NonNullable<
    Docker.NetworkInspectInfo['IPAM']
  >
  // An address pool that the engine chose by itself is another one for every network.
  const isChosen = !ipam.Config?.[0]?.Subnet?.startsWith('10.213.')
  return {Driver, Options, Internal, Attachable, EnableIPv6, Labels, ipam: isChosen ? ipam.Driver : ipam}
}

function ignoreMissing(error: {statusCode?: number}): void {
  if (error.statusCode !== 404) throw error as Error
}
