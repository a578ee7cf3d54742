import {describe, expect, it} from 'vitest'

import type {ComposeService} from '../../../src/lib/stack/compose-types.js'
import type {ContainerContext} from '../../../src/lib/stack/container-context.js'

import {networkKeys, routerAliases} from '../../../src/lib/stack/container-network.js'
import {containerBody} from '../../../src/lib/stack/container.js'
import {serviceNamed} from '../../../src/lib/stack/read-model.js'
import {contextOf, stackOf} from './fixture.js'

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

  it('never gets less grace than was asked for', async () => {
    expect((await translate({stop_grace_period: '500ms'})).body.StopTimeout).toBe(1)
    expect((await translate({stop_grace_period: '1m30s'})).body.StopTimeout).toBe(90)
    expect((await translate({})).body.StopTimeout).toBeUndefined()
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
