import {execa} from 'execa'
import {once} from 'node:events'
import {type IncomingMessage, request} from 'node:http'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {freePort, ShopStack, until} from './shop-stack.js'

// A service that says what it got, takes its time, or never ends: whatever the path asks for.
const UPSTREAM = `
  const http = require('node:http')
  http.createServer((request, response) => {
    const path = request.url
    if (path.includes('silent')) return
    if (path.includes('break')) return void request.socket.destroy()
    if (path.includes('count')) {
      let bytes = 0
      request.on('data', (chunk) => (bytes += chunk.length))
      return void request.on('end', () => response.end(JSON.stringify({ bytes })))
    }
    if (path.includes('first-byte')) return void request.once('data', (chunk) => { response.end(JSON.stringify({seen: chunk.length})); request.resume() })
    if (path.includes('large')) {
      const piece = Buffer.alloc(65536, 'x')
      let left = 1600
      const more = () => { while (left-- > 0) if (!response.write(piece)) return void response.once('drain', more); response.end() }
      return more()
    }
    response.end(JSON.stringify({headers: request.headers, url: request.url}))
  }).listen(9000)`
const LARGE_BYTES = 1600 * 65_536
const LIMIT = 5

describe('api-gateway', () => {
  const port = {limited: 0, open: 0}
  let stack: ShopStack
  const open = (path: string): string => `http://127.0.0.1:${port.open}/api/products${path}`

  beforeAll(async () => {
    port.limited = await freePort()
    port.open = await freePort()
    stack = new ShopStack({services: ['redis', 'upstream', 'limited', 'open'], overlay: overlay(port)})
    await stack.start()
  }, 180_000)
  afterAll(() => stack.stop(), 60_000)

  it('a body larger than the memory of the gateway goes through, in and out', async () => {
    const piece = Buffer.alloc(65_536, 'x')
    const body = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 1600; n += 1) controller.enqueue(piece)
        controller.close()
      },
    })
    const token = await tokenFor(stack)
    const headers = {authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream'}
    const sent = await fetch(open('/count'), {method: 'POST', body, headers, duplex: 'half'})
    expect(await sent.json()).toEqual({bytes: LARGE_BYTES})
    const received = await (await fetch(open('/large'))).arrayBuffer()
    expect(received.byteLength).toBe(LARGE_BYTES)
    const {stdout} = await execa('docker', ['inspect', await stack.container('open')])
    expect((JSON.parse(stdout) as [{HostConfig: {Memory: number}}])[0].HostConfig.Memory).toBeLessThan(LARGE_BYTES)
  })

  it('the service sees the beginning of a body before its end is sent', async () => {
    const token = await tokenFor(stack)
    const upload = request(open('/first-byte'), {
      method: 'POST',
      headers: {authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream', 'content-length': 10},
    })
    upload.write('12345')
    const [response] = (await once(upload, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(200)
    upload.destroy()
  })

  it('what a client says about itself does not reach the services', async () => {
    const headers = {
      'x-user-id': '1',
      'x-user-role': 'admin',
      'x-real-ip': '1.2.3.4',
      'x-request-id': 'chosen-by-client',
    }
    const {headers: seen} = (await (await fetch(open('/echo'), {headers})).json()) as {headers: Record<string, string>}
    expect(seen).not.toHaveProperty('x-user-id')
    expect(seen).not.toHaveProperty('x-user-role')
    expect(seen).not.toHaveProperty('x-real-ip')
    expect(seen['x-request-id']).toBe('chosen-by-client')
    const known = await fetch(open('/echo'), {headers: {...headers, authorization: `Bearer ${await tokenFor(stack)}`}})
    expect(((await known.json()) as {headers: object}).headers).toMatchObject({
      'x-user-id': '42',
      'x-user-role': 'customer',
    })
  })

  it('a path that climbs out of its prefix does not exist', async () => {
    const get = request({port: port.open, path: '/api/products/../../metrics'})
    get.end()
    const [response] = (await once(get, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(404)
    response.resume()
  })

  it.each([
    {what: 'a service that is too slow', path: '/silent', status: 504, code: 'gateway_timeout'},
    {what: 'a service that breaks off', path: '/break', status: 502, code: 'bad_gateway'},
  ])('$what is an error of its own, in JSON, with the request id', async ({path, status, code}) => {
    const response = await fetch(open(path), {headers: {'x-request-id': 'for-this-error'}})
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({error: {code}, requestId: 'for-this-error'})
  })

  it('a service that is not there is a 502', async () => {
    const response = await fetch(`http://127.0.0.1:${port.open}/api/auth/login`, {method: 'POST'})
    expect([response.status, ((await response.json()) as {error: {code: string}}).error.code]).toEqual([
      502,
      'bad_gateway',
    ])
  })

  it('the request over the limit is refused with the time to wait, health is never counted', async () => {
    const url = `http://127.0.0.1:${port.limited}`
    const from = (address: string): Promise<Response> =>
      fetch(`${url}/api/products/x`, {headers: {'x-forwarded-for': address}})
    const statuses: number[] = []
    for (let n = 0; n < LIMIT; n += 1) statuses.push((await from('203.0.113.7')).status)
    expect(statuses).toEqual(Array.from({length: LIMIT}, () => 200))
    const refused = await from('203.0.113.7')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
    expect(await refused.json()).toMatchObject({error: {code: 'rate_limited'}})
    expect((await from('203.0.113.8')).status).toBe(200)
    for (let n = 0; n < 2 * LIMIT; n += 1) expect((await fetch(`${url}/api/health`)).status).toBe(200)
  })

  it('without redis the limit is off, counted and logged, and the gateway stays ready', async () => {
    const url = `http://127.0.0.1:${port.limited}`
    await stack.compose('stop', 'redis')
    for (let n = 0; n < 2 * LIMIT; n += 1) expect((await fetch(`${url}/api/products/x`)).status).toBe(200)
    expect(await stack.counter('limited', 3000, 'rate_limit_failures_total')).toBe(2 * LIMIT)
    expect(await stack.logs('limited')).toContain('the rate limit is off until redis is back')
    expect((await stack.inside('limited', 'http://127.0.0.1:3000/health/ready'))[0]?.status).toBe(200)
    await stack.compose('up', '--detach', '--wait', '--no-recreate', 'redis')
    await until(
      'the limit again',
      async () => (await fetch(`${url}/api/products/x`)).headers.get('x-ratelimit-remaining') !== String(LIMIT),
    )
  })
})

async function tokenFor(stack: ShopStack): Promise<string> {
  const {Tokens} = await import('../../stack/services/platform/src/tokens.js')
  return (await new Tokens(stack.secret('jwt_secret')).sign({userId: 42, role: 'customer'}, 600)).token
}

function overlay(port: {limited: number; open: number}): string {
  const gateway = (name: 'limited' | 'open', limit: number): string => `
  ${name}:
    extends: {service: api-gateway, file: compose.yaml}
    ports: ["127.0.0.1:${port[name]}:3000"]
    environment: {RATE_LIMIT_MAX: "${limit}", RATE_LIMIT_WINDOW_SECONDS: "60", PRODUCTS_URL: "http://upstream:9000", UPSTREAM_TIMEOUT_MS: "1000"}
    depends_on: !override {redis: {condition: service_healthy}, upstream: {condition: service_started}}
    healthcheck: {interval: 1s}
    deploy: {resources: {limits: {memory: 96M}}}
    restart: "no"`
  return `services:
  upstream:
    image: stackctl/node:24
    command: [node, -e, ${JSON.stringify(UPSTREAM.replaceAll('$', '$$$$'))}]
    init: true
    networks: [backend]
${gateway('limited', LIMIT)}
${gateway('open', 100_000)}
`
}
