import {describe, expect, it} from 'vitest'

import type {ComposeService} from '../../../src/lib/stack/compose-types.js'

import {ConfigError} from '../../../src/lib/errors.js'
import {serviceOf, stackOf} from './fixture.js'

const startFirst = {update_config: {order: 'start-first'}}
const data = [{type: 'volume', source: 'data', target: '/data'}]

async function refusal(services: Record<string, ComposeService>): Promise<string> {
  const error: unknown = await stackOf(services).then(
    () => new Error('nothing was refused'),
    (error_: unknown) => error_,
  )
  expect(error).toBeInstanceOf(ConfigError)
  return (error as Error).message
}

describe('a service is routed', () => {
  const routed: [string, ComposeService][] = [
    ['with replicas and one published port', {deploy: {replicas: 3}, ports: [{target: 3000, published: '80'}]}],
    ['with scale and one exposed port', {scale: 2, expose: ['3000']}],
    ['when it asks for start-first', {deploy: startFirst, expose: ['3000/tcp']}],
    ['when the same port is exposed and published', {scale: 2, expose: ['3000'], ports: [{target: 3000}]}],
    ['with a read-only volume', {scale: 2, expose: ['3000'], volumes: [{...data[0]!, read_only: true}]}],
    [
      'with tmpfs and anonymous volumes',
      {
        scale: 2,
        expose: ['3000'],
        volumes: [
          {type: 'tmpfs', target: '/t'},
          {type: 'volume', target: '/a'},
        ],
      },
    ],
    ['when x-stackctl says so, with one replica', {'x-stackctl': {route: {port: 3000}}}],
    ['when x-stackctl says so, with a volume', {'x-stackctl': {route: {port: 3000}}, volumes: data}],
  ]
  it.each(routed)('%s', async (_, service) => {
    const {route} = await serviceOf(service)
    expect(route?.ports).toEqual([
      expect.objectContaining({port: 3000, target: 3000, mode: 'http', proxyProtocol: false}),
    ])
    expect(route?.drainTimeoutMs).toBe(30_000)
  })

  const direct: [string, ComposeService][] = [
    ['with one replica and no wish', {ports: [{target: 3000, published: '80'}]}],
    ['as a worker without ports', {scale: 3}],
    ['when it opts out', {scale: 3, expose: ['3000'], 'x-stackctl': {route: false}}],
    ['when its replicas would share a volume', {scale: 2, expose: ['3000'], volumes: data}],
    [
      'when its replicas would share a read-write bind',
      {scale: 2, expose: ['3000'], volumes: [{type: 'bind', source: '/srv', target: '/srv'}]},
    ],
    ['with two ports', {scale: 2, expose: ['3000', '3001']}],
    ['with a range of ports', {scale: 2, expose: ['3000-3002']}],
    ['with a network mode', {deploy: startFirst, expose: ['3000'], network_mode: 'host'}],
    ['with a fixed address', {deploy: startFirst, expose: ['3000'], networks: {default: {ipv4_address: '10.0.0.5'}}}],
    ['with UDP only', {scale: 2, expose: ['53/udp']}],
    ['as a job', {expose: ['3000'], 'x-stackctl': {job: 'pre-deploy', route: {port: 3000}}}],
  ]
  it.each(direct)('not %s', async (_, service) => {
    expect((await serviceOf(service)).route).toBeUndefined()
  })

  it('on every port that x-stackctl names, with the host ports of compose', async () => {
    const {route} = await serviceOf({
      ports: [
        {target: 8080, published: '80'},
        {target: 8080, published: '8000', host_ip: '127.0.0.1'},
        {target: 8443, published: '443'},
      ],
      'x-stackctl': {
        route: {
          ports: [
            {port: 8080, target: 8081},
            {port: 8443, target: 8444, mode: 'tcp', 'proxy-protocol': true},
          ],
          'drain-timeout': '5s',
        },
      },
    })
    expect(route).toEqual({
      drainTimeoutMs: 5000,
      ports: [
        {
          port: 8080,
          target: 8081,
          mode: 'http',
          proxyProtocol: false,
          published: [
            {hostIp: '', hostPort: 80},
            {hostIp: '127.0.0.1', hostPort: 8000},
          ],
        },
        {port: 8443, target: 8444, mode: 'tcp', proxyProtocol: true, published: [{hostIp: '', hostPort: 443}]},
      ],
    })
  })

  it('on any free host port where compose names none', async () => {
    const {route} = await serviceOf({scale: 2, ports: [{target: 3000}]})
    expect(route?.ports[0]?.published).toEqual([{hostIp: '', hostPort: 0}])
  })

  it('on the first host port of a range', async () => {
    const {route} = await serviceOf({scale: 2, ports: [{target: 3000, published: '8000-8005'}]})
    expect(route?.ports[0]?.published).toEqual([{hostIp: '', hostPort: 8000}])
  })
})

describe('a route that cannot be is refused', () => {
  it('when replicas would share a host port, saying why it is not routed', async () => {
    const service = {scale: 2, ports: [{target: 3000, published: '80'}], volumes: data}
    expect(await refusal({web: service})).toMatch(
      /^service "web" has 2 replicas and publishes host port 80, .*writes to a volume/,
    )
    expect(await refusal({web: {...service, volumes: [], 'x-stackctl': {route: false}}})).toMatch(
      /x-stackctl\.route is false$/,
    )
  })

  it('but not when each replica finds a host port of its own', async () => {
    const {route, replicas} = await serviceOf({
      scale: 3,
      ports: [{target: 3000, published: '8000-8002'}],
      volumes: data,
    })
    expect([route, replicas]).toEqual([undefined, 3])
    expect(await refusal({web: {scale: 4, ports: [{target: 3000, published: '8000-8002'}], volumes: data}})).toContain(
      'host port 8000',
    )
  })

  it('when it publishes a port that the route leaves out', async () => {
    const web = {
      ports: [
        {target: 3000, published: '80'},
        {target: 9000, published: '90'},
      ],
      'x-stackctl': {route: {port: 3000}},
    }
    expect(await refusal({web})).toBe('service "web" publishes port 9000, which its route does not list')
  })

  it('when it publishes UDP', async () => {
    const web = {ports: [{target: 53, published: '53', protocol: 'udp'}], 'x-stackctl': {route: {port: 3000}}}
    expect(await refusal({web})).toMatch(/publishes port 53, which cannot be routed because it is not TCP/)
  })

  it.each([
    [{network_mode: 'host'}, 'it has a network_mode'],
    [{mac_address: '02:42:ac:11:65:43'}, 'it has a fixed MAC address'],
  ])('with %j', async (keys, why) => {
    expect(await refusal({web: {...keys, 'x-stackctl': {route: {port: 80}}}})).toBe(
      `service "web" cannot be routed: ${why}`,
    )
  })

  it('when it names no port and there is not exactly one', async () => {
    expect(await refusal({web: {'x-stackctl': {route: {}}}})).toMatch(/names no port, and the service exposes none$/)
    expect(await refusal({web: {expose: ['1', '2'], 'x-stackctl': {route: {'drain-timeout': '1s'}}}})).toMatch(
      /exposes several$/,
    )
  })

  it('when two services share a port and the router cannot tell them apart', async () => {
    const tcp = {'x-stackctl': {route: {ports: [{port: 5432, mode: 'tcp'}]}}}
    const http = {'x-stackctl': {route: {port: 5432}}}
    expect(await refusal({a: tcp, b: http})).toMatch(/^services "a" and "b" are both routed on port 5432/)
    expect(await refusal({a: http, b: tcp})).toMatch(/^services "a" and "b" are both routed on port 5432/)
    expect((await stackOf({a: http, b: http})).services).toHaveLength(2)
  })

  it('when two services publish one host port', async () => {
    const on = (port: number) => ({ports: [{target: port, published: '80'}], 'x-stackctl': {route: {port}}})
    expect(await refusal({a: on(1), b: on(2)})).toBe('services "a" and "b" both publish host port 80')
  })
})

describe('the order of a rollout', () => {
  it.each<[string, ComposeService, 'start-first' | 'stop-first']>([
    ['is start-first for what is routed', {scale: 2, expose: ['3000']}, 'start-first'],
    ['is stop-first for what is not', {}, 'stop-first'],
    [
      'is stop-first for what is routed and writes to a volume',
      {'x-stackctl': {route: {port: 1}}, volumes: data},
      'stop-first',
    ],
    [
      'is as written: stop-first',
      {scale: 2, expose: ['3000'], deploy: {update_config: {order: 'stop-first'}}},
      'stop-first',
    ],
    ['is as written: start-first of a worker', {deploy: startFirst}, 'start-first'],
    [
      'is as written: start-first of what is routed and writes to a volume',
      {deploy: startFirst, 'x-stackctl': {route: {port: 1}}, volumes: data},
      'start-first',
    ],
  ])('%s', async (_, service, order) => {
    expect((await serviceOf(service)).rollout.order).toBe(order)
  })

  it.each<[string, ComposeService]>([
    ['it publishes host port 80 itself', {ports: [{target: 1, published: '80'}, {target: 2}]}],
    ['old and new would write to one volume', {volumes: data}],
    ['it has a fixed network address', {networks: {default: {ipv4_address: '10.0.0.5'}}}],
    ['it uses the network of the host', {network_mode: 'host'}],
  ])('falls back to stop-first, with a warning, because %s', async (why, service) => {
    const stack = await stackOf({web: {...service, deploy: startFirst}})
    expect(stack.services[0]?.rollout.order).toBe('stop-first')
    expect(stack.warnings).toEqual([`service "web" asks for start-first but ${why}: it is updated stop-first`])
  })
})
