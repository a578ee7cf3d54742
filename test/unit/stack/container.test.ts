import {describe, expect, it} from 'vitest'
import type {ComposeService} from '../../../src/lib/stack/compose-types.js'
import {containerBody} from '../../../src/lib/stack/container.js'
import type {ContainerContext} from '../../../src/lib/stack/container.js'
import {networkKeys, routerAliases} from '../../../src/lib/stack/container-network.js'
import {fileMounts} from '../../../src/lib/stack/file-mounts.js'
import {composeLabels, networkLabels, volumeLabels} from '../../../src/lib/stack/labels.js'
import {serviceNamed} from '../../../src/lib/stack/read-model.js'
import {restartPolicy} from '../../../src/lib/stack/restart-policy.js'
import {contextOf, serviceOf, stackOf} from './fixture.js'

const networks = {
  default: {name: 'shop_default'},
  back: {name: 'shop_back', internal: true},
  front: {name: 'shop_front'},
}

async function translate(service: ComposeService, changes: Partial<ContainerContext> = {}) {
  const stack = await stackOf({web: service, db: {}}, {networks, volumes: {data: {name: 'shop_data'}}})
  return containerBody(serviceNamed(stack, 'web'), contextOf(stack, changes))
}

// test/engine/stack/container.test.ts compares the whole translation with docker compose; here is what differs from it on purpose.
describe('a replica of a routed service', () => {
  const routed = {
    ports: [{target: 3000, published: '80'}],
    networks: {default: {aliases: ['shop']}},
    'x-stackctl': {route: {port: 3000}},
  }

  it('goes by its own name only, and publishes nothing', async () => {
    const {body} = await translate(routed, {publishPorts: false, serviceAlias: false})
    expect(body.NetworkingConfig?.EndpointsConfig).toEqual({shop_default: {Aliases: ['shop-web-r7-1']}})
    expect(body.HostConfig?.PortBindings).toBeUndefined()
    expect(body.ExposedPorts).toEqual({'3000/tcp': {}})
  })

  it('leaves name and aliases of the service to the router, those of links included', async () => {
    const stack = await stackOf({web: routed, api: {links: ['web:site']}})
    expect(routerAliases(serviceNamed(stack, 'web'), 'default')).toEqual(['web', 'shop', 'site'])
    expect(routerAliases(serviceNamed(stack, 'web'), 'other')).toEqual(['web', 'site'])
  })

  it('is not restarted by the engine before it is accepted', async () => {
    expect((await translate({restart: 'always'}, {restartPolicy: 'none'})).body.HostConfig?.RestartPolicy).toEqual({
      Name: 'no',
    })
    expect((await translate({restart: 'always'})).body.HostConfig?.RestartPolicy).toEqual({Name: 'always'})
  })
})

describe('the networks of a container', () => {
  const web = {networks: {back: null, default: null, front: {priority: 5}}}

  it('are the main one at create and the others after it, on engines that take one', async () => {
    const {body, connect} = await translate(web)
    expect(Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {})).toEqual(['shop_front'])
    expect(body.HostConfig?.NetworkMode).toBe('shop_front')
    expect(connect.map(({network}) => network)).toEqual(['shop_default', 'shop_back'])
  })

  it('are all given at create on engines that take them', async () => {
    const {body, connect} = await translate(web, {apiVersion: '1.44'})
    expect(Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {})).toEqual([
      'shop_front',
      'shop_default',
      'shop_back',
    ])
    expect(connect).toEqual([])
  })

  it('start with one that reaches outside', async () => {
    const stack = await stackOf({web: {networks: {back: null, front: null}}}, {networks})
    expect(networkKeys(stack.services[0]!, stack)).toEqual(['front', 'back'])
  })

  it('are the default one where none is named', async () => {
    expect((await translate({})).body.HostConfig?.NetworkMode).toBe('shop_default')
  })

  it('give a MAC address at the container on older engines, at the endpoint on newer ones', async () => {
    const mac = '02:42:ac:11:65:43'
    const older = (await translate({mac_address: mac})).body as {MacAddress?: string; NetworkingConfig?: object}
    expect([older.MacAddress, older.NetworkingConfig]).toEqual([
      mac,
      {EndpointsConfig: {shop_default: {Aliases: ['shop-web-r7-1', 'web']}}},
    ])
    const newer = (
      await translate(
        {networks: {front: {mac_address: mac, interface_name: 'eth7', gw_priority: 2}}},
        {apiVersion: '1.49'},
      )
    ).body as typeof older
    expect(newer.MacAddress).toBeUndefined()
    expect(newer.NetworkingConfig).toEqual({
      EndpointsConfig: {
        shop_front: {
          Aliases: ['shop-web-r7-1', 'web'],
          MacAddress: mac,
          DriverOpts: {'com.docker.network.endpoint.ifname': 'eth7'},
          GwPriority: 2,
        },
      },
    })
  })

  it('have links to containers outside the stack', async () => {
    const {body} = await translate({external_links: ['legacy', 'old-db:db']})
    expect(body.NetworkingConfig?.EndpointsConfig?.shop_default).toMatchObject({Links: ['legacy:legacy', 'old-db:db']})
  })

  it('are those of another container, named by its id', async () => {
    const {body} = await translate({
      network_mode: 'service:db',
      pid: 'service:db',
      ipc: 'container:abc',
      volumes_from: ['db:ro', 'container:xyz:rw'],
    })
    expect(body.HostConfig).toMatchObject({
      NetworkMode: 'container:id-of-db',
      PidMode: 'container:id-of-db',
      IpcMode: 'container:abc',
      VolumesFrom: ['id-of-db:ro', 'xyz:rw'],
    })
    expect(body.NetworkingConfig).toBeUndefined()
  })
})

describe('the process', () => {
  it('exposes every port of a range', async () => {
    expect((await translate({expose: ['3000', '53/udp', '4000-4001', 5000]})).body.ExposedPorts).toEqual({
      '3000/tcp': {},
      '53/udp': {},
      '4000/tcp': {},
      '4001/tcp': {},
      '5000/tcp': {},
    })
  })

  it('keeps what the image says where the file says nothing, and clears it where the file is empty', async () => {
    const {body} = await translate({command: null})
    expect('Cmd' in body || 'Entrypoint' in body || 'Env' in body || 'Healthcheck' in body).toBe(false)
    expect((await translate({command: [], entrypoint: []})).body).toMatchObject({Cmd: [], Entrypoint: []})
  })

  it('has a start interval only on engines that know it', async () => {
    const healthcheck = {test: ['CMD', 'true'], start_interval: '1s'}
    expect((await translate({healthcheck})).body.Healthcheck).toEqual({Test: ['CMD', 'true']})
    expect((await translate({healthcheck}, {apiVersion: '1.44'})).body.Healthcheck).toEqual({
      Test: ['CMD', 'true'],
      StartInterval: 1_000_000_000,
    })
  })

  it('takes Windows and storage settings as they are', async () => {
    const {body} = await translate({
      cpu_count: 2,
      cpu_percent: 50,
      storage_opt: {size: '1G'},
      cpu_rt_period: 1000,
      cpu_rt_runtime: 900,
      annotations: {a: 'b'},
    })
    expect(body.HostConfig).toMatchObject({
      CpuCount: 2,
      CpuPercent: 50,
      StorageOpt: {size: '1G'},
      CpuRealtimePeriod: 1000,
      CpuRealtimeRuntime: 900,
      Annotations: {a: 'b'},
    })
  })

  it('asks for GPUs and CDI devices', async () => {
    const {body} = await translate({
      gpus: [{count: -1}],
      devices: [{source: 'vendor.com/gpu=0', target: 'vendor.com/gpu=0', permissions: 'rwm'}],
    })
    expect(body.HostConfig?.Devices).toBeUndefined()
    expect(body.HostConfig?.DeviceRequests).toEqual([
      {Driver: 'cdi', DeviceIDs: ['vendor.com/gpu=0']},
      {Count: -1, Capabilities: [['gpu']]},
    ])
  })

  it('lets our labels win over the user’s', async () => {
    expect((await translate({labels: {a: 'user', b: 'user'}}, {labels: {a: 'ours'}})).body.Labels).toEqual({
      a: 'ours',
      b: 'user',
    })
  })
})

describe('a mount', () => {
  it('is made missing on the host only where the file says so', async () => {
    const bind = (keys: object, source = '/srv/x') => ({type: 'bind', source, target: '/x', bind: keys})
    expect((await translate({volumes: [bind({create_host_path: true, selinux: 'Z'})]})).body.HostConfig).toMatchObject({
      Binds: ['/srv/x:/x:rw,Z'],
    })
    const strict = (await translate({volumes: [bind({propagation: 'rshared'})]})).body.HostConfig
    expect([strict?.Binds, strict?.Mounts]).toEqual([
      undefined,
      [{Type: 'bind', Source: '/srv/x', Target: '/x', BindOptions: {Propagation: 'rshared'}}],
    ])
    const colon = (await translate({volumes: [bind({create_host_path: true}, '/srv/a:b')]})).body.HostConfig
    expect(colon?.Mounts?.[0]?.Source).toBe('/srv/a:b')
  })

  it('has every option of its kind', async () => {
    const volumes = [
      {type: 'volume', source: 'data', target: '/a', volume: {subpath: 'x', nocopy: true}},
      {type: 'tmpfs', target: '/b', tmpfs: {size: '1048576', mode: '1777'}},
      {type: 'bind', source: '/s', target: '/c', bind: {recursive: 'disabled'}},
      {type: 'image', source: 'shop/assets', target: '/d', image: {subpath: 'y'}},
    ]
    expect((await translate({volumes})).body.HostConfig?.Mounts).toEqual([
      {Type: 'volume', Source: 'shop_data', Target: '/a', VolumeOptions: {NoCopy: true, Subpath: 'x'}},
      {Type: 'tmpfs', Target: '/b', TmpfsOptions: {SizeBytes: 1_048_576, Mode: 0o1777}},
      {Type: 'bind', Source: '/s', Target: '/c', BindOptions: {NonRecursive: true}},
      {Type: 'image', Source: 'shop/assets', Target: '/d', ImageOptions: {Subpath: 'y'}},
    ])
  })

  it('of a config or secret is read-only, at its default place unless another is named', async () => {
    const service = {
      secrets: [
        {source: 's'},
        {source: 's', target: 'short', mode: '0400', uid: '10001'},
        {source: 's', target: '/abs', mode: 256},
      ],
      configs: [{source: 'c'}],
    }
    const stack = await stackOf({web: service}, {secrets: {s: {file: '/s'}}, configs: {c: {content: 'x'}}})
    const web = stack.services[0]!
    expect(fileMounts(stack, web).map(({target, mode, uid}) => [target, mode, uid])).toEqual([
      ['/run/secrets/s', undefined, undefined],
      ['/run/secrets/short', 0o400, '10001'],
      ['/abs', 0o400, undefined],
      ['/c', undefined, undefined],
    ])
    const mounts = containerBody(web, contextOf(stack)).body.HostConfig?.Mounts
    expect(mounts?.[0]).toEqual({Type: 'bind', Source: '/host/secrets/s', Target: '/run/secrets/s', ReadOnly: true})
    expect(mounts?.at(-1)).toEqual({Type: 'bind', Source: '/host/configs/c', Target: '/c', ReadOnly: true})
  })

  it('of a volume wins over a secret on the same path', async () => {
    const service = {
      secrets: [{source: 's', target: '/data'}],
      volumes: [{type: 'volume', source: 'data', target: '/data/'}],
    }
    const stack = await stackOf({web: service}, {secrets: {s: {file: '/s'}}, volumes: {data: null}})
    expect(containerBody(stack.services[0]!, contextOf(stack)).body.HostConfig?.Mounts).toHaveLength(1)
  })
})

describe('the restart policy', () => {
  it.each<[ComposeService, object]>([
    [{}, {Name: ''}],
    [{restart: 'no'}, {Name: 'no'}],
    [{restart: 'on-failure:3'}, {Name: 'on-failure', MaximumRetryCount: 3}],
    [{restart: 'always', deploy: {restart_policy: {condition: 'none'}}}, {Name: 'no'}],
    [{deploy: {restart_policy: {condition: 'any', max_attempts: 3}}}, {Name: 'always'}],
    [
      {deploy: {restart_policy: {condition: 'on-failure', max_attempts: 3}}},
      {Name: 'on-failure', MaximumRetryCount: 3},
    ],
    [{deploy: {restart_policy: {}}}, {Name: 'always'}],
  ])('of %j is %j', async (service, policy) => {
    expect(restartPolicy(await serviceOf(service))).toEqual(policy)
  })
})

describe('the labels of docker compose', () => {
  it('are those that docker compose ps reads', async () => {
    const stack = {
      ...(await stackOf({web: {depends_on: {db: {condition: 'service_healthy', restart: true}}}, db: {}})),
      envFile: '/srv/shop/.env',
      composeVersion: '2.40.1',
    }
    expect(
      composeLabels(stack, serviceNamed(stack, 'web'), {
        number: 2,
        oneoff: true,
        configHash: 'v1:abc',
        imageId: 'sha256:1',
      }),
    ).toEqual({
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': 'web',
      'com.docker.compose.container-number': '2',
      'com.docker.compose.oneoff': 'True',
      'com.docker.compose.config-hash': 'v1:abc',
      'com.docker.compose.image': 'sha256:1',
      'com.docker.compose.depends_on': 'db:service_healthy:true',
      'com.docker.compose.project.config_files': '/srv/shop/compose.yaml',
      'com.docker.compose.project.working_dir': '/srv/shop',
      'com.docker.compose.project.environment_file': '/srv/shop/.env',
      'com.docker.compose.version': '2.40.1',
    })
  })

  it('name network and volume by their key', async () => {
    const stack = await stackOf({web: {}}, {networks, volumes: {data: null}})
    expect(networkLabels(stack, stack.networks[0]!)).toMatchObject({
      'com.docker.compose.network': 'back',
      'com.docker.compose.project': 'shop',
    })
    expect(volumeLabels(stack, stack.volumes[0]!)).toMatchObject({'com.docker.compose.volume': 'data'})
  })
})
