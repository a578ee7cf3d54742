import {execa} from 'execa'
import {randomUUID} from 'node:crypto'
import {request} from 'node:http'
import {describe, expect, it} from 'vitest'

import {EventReader} from './event-reader.js'
import {ShopClient} from './shop-client.js'
import {type ShopStack, until} from './shop-stack.js'

export function edgeSuite(stack: ShopStack): void {
  const shop = new ShopClient(stack)

  describe('edge', () => {
    it.each(['/health', '/api/health', '/api/products', '/api/nowhere', '/no/such/file.js'])(
      '%s carries the security headers',
      async (path) => {
        const {headers} = await fetch(`${stack.url}${path}`)
        expect(headers.get('content-security-policy')).toContain("default-src 'self'")
        expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin')
        expect(headers.get('server')).toBe('nginx')
        expect(headers.get('strict-transport-security')).toBeNull()
      },
    )

    it('the shop page is served to a browser, compressed', async () => {
      const response = await fetch(`${stack.url}/`, {headers: {accept: 'text/html', 'accept-encoding': 'gzip'}})
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('<!doctype html>')
      const list = await fetch(`${stack.url}/api/products?pageSize=100`, {headers: {'accept-encoding': 'gzip'}})
      expect(list.headers.get('content-encoding')).toBe('gzip')
    })

    it('metrics and other inner paths are not reachable from outside, by whatever spelling', async () => {
      for (const path of [
        '/metrics',
        '/api/products/../../metrics',
        '/api/products/%2e%2e/%2e%2e/metrics',
        '/api/products/..%2f..%2fmetrics',
      ]) {
        const {status, body} = await rawGet(stack.url, path)
        expect([path, status >= 400, body.includes('process_cpu')]).toEqual([path, true, false])
      }
    })

    it.each([
      ['the id of a client', {'x-request-id': randomUUID()}],
      ['an id made by the edge', {}],
    ])('%s goes through edge, gateway and service, and back', async (_case, headers: Record<string, string>) => {
      const answer = await shop.call('GET', '/api/orders/999999', {headers, token: await shop.admin()})
      const requestId = answer.headers.get('x-request-id') ?? ''
      expect(requestId).toMatch(/^[\da-f-]{32,36}$/)
      expect(headers['x-request-id'] ?? requestId).toBe(requestId)
      expect(answer.body.requestId).toBe(requestId)
      await until('the id in three logs', async () => {
        const logs = await Promise.all(['edge', 'api-gateway', 'orders'].map((service) => stack.logs(service)))
        return logs.every((log) => log.split('\n').some((line) => isRequest(line, requestId)))
      })
    })

    it('a request id that could harm a log is replaced', async () => {
      const {headers} = await fetch(`${stack.url}/api/health`, {headers: {'x-request-id': 'a" injected="1'}})
      expect(headers.get('x-request-id')).toMatch(/^[\da-f]{32}$/)
    })

    it('order events arrive while they happen, not when a buffer is full', async () => {
      const {token} = await shop.buyer()
      const {id} = await shop.newProduct({stock: 1, priceCents: 4200})
      const events = await EventReader.open(`${stack.url}/api/orders/events`, token)
      expect(await events.next()).toMatchObject({event: 'ready'})
      const {body} = await shop.order(token, [{productId: id, quantity: 1}])
      expect(await events.next()).toMatchObject({
        event: 'order',
        data: {orderId: body.order.id, status: 'pending', totalCents: 4200},
      })
      await shop.call('PATCH', `/api/orders/${body.order.id}`, {token: await shop.admin(), body: {status: 'confirmed'}})
      expect(await events.next()).toMatchObject({event: 'order', data: {orderId: body.order.id, status: 'confirmed'}})
      await events.close()
    })

    it('one customer does not get the events of another', async () => {
      const [mine = '', other = ''] = await shop.customers(2)
      const {id} = await shop.newProduct({stock: 2})
      const events = await EventReader.open(`${stack.url}/api/orders/events`, mine)
      await events.next()
      await shop.order(other, [{productId: id, quantity: 1}])
      const {body} = await shop.order(mine, [{productId: id, quantity: 1}])
      expect(await events.next()).toMatchObject({data: {orderId: body.order.id}})
      await events.close()
    })
  })

  describe('containers', () => {
    it('every one runs as 10001 with a read-only root, no capabilities, no new privileges and limits', async () => {
      const {stdout} = await execa('docker', ['inspect', ...(await stack.containers())])
      for (const {Name, Config, HostConfig} of JSON.parse(stdout) as Inspected[]) {
        expect({name: Name, user: Config.User, readOnly: HostConfig.ReadonlyRootfs}).toEqual({
          name: Name,
          user: '10001:10001',
          readOnly: true,
        })
        expect(HostConfig).toMatchObject({CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'], Privileged: false})
        expect([HostConfig.Memory > 0, HostConfig.NanoCpus > 0, HostConfig.PidsLimit > 0]).toEqual([true, true, true])
      }
    })

    it('no secret is in a configuration, an argument or a log', async () => {
      const ids = await stack.containers()
      const {stdout: inspected} = await execa('docker', ['inspect', ...ids])
      const processes = await Promise.all(
        (await running(ids)).map((id) => execa('docker', ['top', id, '-eo', 'pid,args'])),
      )
      const seen = [
        inspected,
        ...(await Promise.all(
          ['edge', 'api-gateway', 'auth', 'orders', 'products', 'migrate', 'postgres', 'redis'].map((service) =>
            stack.logs(service),
          ),
        )),
        ...processes.map(({stdout}) => stdout),
      ].join('\n')
      for (const name of ['postgres_password', 'redis_password', 'jwt_secret', 'admin_password'] as const) {
        expect(seen.includes(stack.secret(name)), name).toBe(false)
      }
    })
  })
}

interface Inspected {
  readonly Name: string
  readonly Config: {readonly User: string}
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean
    readonly Memory: number
    readonly NanoCpus: number
    readonly PidsLimit: number
  }
}

function isRequest(line: string, requestId: string): boolean {
  return line.includes(requestId) && (JSON.parse(line) as {status: number}).status === 404
}

async function running(ids: readonly string[]): Promise<string[]> {
  const {stdout} = await execa('docker', ['ps', '--quiet', '--no-trunc'])
  return ids.filter((id) => stdout.includes(id))
}

/** A GET whose path is sent as it stands: fetch would clean it up first. */
async function rawGet(base: string, path: string): Promise<{status: number; body: string}> {
  const {hostname, port} = new URL(base)
  return new Promise((resolve, reject) => {
    const get = request({hostname, port, path}, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      response.on('end', () => resolve({status: response.statusCode ?? 0, body}))
    })
    get.on('error', reject)
    get.end()
  })
}
