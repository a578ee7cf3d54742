import {once} from 'node:events'
import {createServer} from 'node:net'
import {describe, expect, it} from 'vitest'

import type {ContainerSummary} from '../../../src/lib/engine/engine.js'
import type {Stack} from '../../../src/lib/stack/model.js'

import {neededImages, publishedPorts, sumOfLimits} from '../../../src/lib/doctor/needs.js'
import {holderOf} from '../../../src/lib/doctor/ports.js'

const stackOf = (services: Record<string, unknown>[]): Stack => ({services}) as unknown as Stack

describe('what a stack needs', () => {
  it('is its fixed host ports, ranges counted out', () => {
    const ports = [
      {target: 80, published: '8080', host_ip: '127.0.0.1'},
      {target: 53, published: '5300-5302', protocol: 'udp'},
      {target: 90},
      {target: 91, published: '0'},
    ]
    const found = publishedPorts(stackOf([{name: 'edge', compose: {ports}}]))
    expect(found.map(({port, protocol, hostIp}) => `${hostIp}:${port}/${protocol}`)).toEqual([
      '127.0.0.1:8080/tcp',
      ':5300/udp',
      ':5301/udp',
      ':5302/udp',
    ])
  })

  it('is every base image and every image that it does not build itself', async () => {
    const build = (dockerfileInline: string) => ({dockerfileInline, args: {}, target: undefined})
    const needed = await neededImages(
      stackOf([
        {name: 'web', image: 'shop/web', build: build('FROM debian:trixie-slim AS a\nFROM a\n')},
        {name: 'api', image: 'shop/api', build: build('FROM debian:trixie-slim\nCOPY --from=shop/web /x /y\n')},
        {name: 'db', image: 'postgres:18', build: undefined},
        {name: 'job', image: 'shop/web', build: undefined},
      ]),
    )
    expect(needed).toEqual([
      {reference: 'debian:trixie-slim', use: 'base', services: ['web', 'api']},
      {reference: 'postgres:18', use: 'image', services: ['db']},
    ])
  })

  it('is the sum of the limits of all lasting replicas', () => {
    const limited = (memory: string, cpus: string) => ({deploy: {resources: {limits: {memory, cpus}}}})
    const limits = sumOfLimits(
      stackOf([
        {name: 'web', replicas: 3, job: undefined, compose: limited('67108864', '0.5')},
        {name: 'migrate', replicas: 1, job: 'pre-deploy', compose: limited('1073741824', '4')},
        {name: 'db', replicas: 1, job: undefined, compose: {}},
      ]),
    )
    expect(limits).toEqual({cpus: 1.5, memoryBytes: 3 * 67_108_864, unlimited: ['db']})
  })
})

describe('the holder of a port', () => {
  const wanted = {service: 'edge', hostIp: '', port: 8080, protocol: 'tcp'} as const
  const container = (project: string, hostIp = '0.0.0.0'): ContainerSummary =>
    ({
      name: `${project}-x`,
      labels: {'com.docker.compose.project': project},
      ports: [{hostIp, hostPort: 8080, port: 80, protocol: 'tcp'}],
    }) as unknown as ContainerSummary

  it('is the container that publishes it, ours or not', async () => {
    const ask = async (project: string) =>
      holderOf(wanted, {project: 'shop', containers: [container(project)], isLocal: false})
    expect(await ask('shop')).toEqual({kind: 'own', container: 'shop-x'})
    expect(await ask('other')).toEqual({kind: 'container', container: 'other-x', project: 'other'})
  })

  it('is nobody when it is held on another address', async () => {
    const surroundings = {project: 'shop', containers: [container('other', '127.0.0.2')], isLocal: false}
    expect(await holderOf({...wanted, hostIp: '127.0.0.3'}, surroundings)).toEqual({kind: 'unknown'})
    expect(await holderOf(wanted, surroundings)).toMatchObject({kind: 'container'})
  })

  it('is a process of this host when binding says so', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const {port} = server.address() as {port: number}
    const surroundings = {project: 'shop', containers: [], isLocal: true}
    try {
      expect(await holderOf({...wanted, port}, surroundings)).toEqual({kind: 'process'})
    } finally {
      server.close()
      await once(server, 'close')
    }

    expect(await holderOf({...wanted, port}, surroundings)).toEqual({kind: 'free'})
    expect(await holderOf({...wanted, port, protocol: 'udp'}, surroundings)).toEqual({kind: 'free'})
  })
})
