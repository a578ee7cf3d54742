import {execa} from 'execa'
import {once} from 'node:events'
import {describe, expect, it} from 'vitest'

import {EventReader} from './event-reader.js'
import {ShopClient} from './shop-client.js'
import {type ShopStack, until} from './shop-stack.js'

const PORTS = {'api-gateway': 3000, auth: 3001, products: 3002, orders: 3003} as const

type NodeService = keyof typeof PORTS

export function outageSuite(stack: ShopStack): void {
  const shop = new ShopClient(stack)
  const probe = async (
    service: NodeService,
    kind: 'live' | 'ready',
  ): Promise<{status: number; report: Record<string, unknown>}> => {
    const [answer] = await stack.inside(service, `http://127.0.0.1:${PORTS[service]}/health/${kind}`)
    return {status: answer?.status ?? 0, report: JSON.parse(answer?.body ?? '{}') as Record<string, unknown>}
  }

  describe('outages', () => {
    it('without redis: orders are not ready, products and gateway serve on, and everybody is alive', async () => {
      await stack.compose('stop', 'redis')
      const [orders, products, gateway, auth] = await Promise.all(
        (['orders', 'products', 'api-gateway', 'auth'] as const).map((service) => probe(service, 'ready')),
      )
      expect(orders).toMatchObject({
        status: 503,
        report: {status: 'unavailable', checks: {redis: {status: 'down'}, postgres: {status: 'up'}}},
      })
      expect(products).toMatchObject({status: 200, report: {status: 'degraded', checks: {redis: {status: 'down'}}}})
      expect(gateway).toMatchObject({status: 200, report: {status: 'degraded'}})
      expect(auth).toMatchObject({status: 200, report: {status: 'ready'}})
      expect((await probe('orders', 'live')).status).toBe(200)
      const [token = ''] = await shop.customers(1)
      const cart = await shop.call('GET', '/api/cart', {token})
      expect([cart.status, cart.body.error.code]).toEqual([503, 'unavailable'])
      await stack.compose('up', '--detach', '--wait', '--no-recreate', 'redis')
      await until('readiness', async () => (await probe('orders', 'ready')).status === 200)
    })

    it('an event stream that lived through an outage of redis says so, and goes on', async () => {
      const {token} = await shop.buyer()
      const {id} = await shop.newProduct({stock: 1})
      const events = await EventReader.open(`${stack.url}/api/orders/events`, token)
      expect(await events.next()).toMatchObject({event: 'ready'})
      await stack.compose('stop', 'redis')
      await stack.compose('up', '--detach', '--wait', '--no-recreate', 'redis')
      expect(await events.next()).toMatchObject({event: 'ready'})
      const {body} = await shop.order(token, [{productId: id, quantity: 1}])
      expect(await events.next()).toMatchObject({event: 'order', data: {orderId: body.order.id}})
      await events.close()
    })

    it('without postgres: nobody who needs it is ready, requests fail as 503, and all recovers by itself', async () => {
      await stack.compose('stop', 'postgres')
      const dependents = ['auth', 'products', 'orders'] as const
      const ready = await Promise.all(dependents.map((service) => probe(service, 'ready')))
      for (const answer of ready)
        expect(answer).toMatchObject({status: 503, report: {checks: {postgres: {status: 'down'}}}})
      const live = await Promise.all(dependents.map((service) => probe(service, 'live')))
      expect(live.map(({status}) => status)).toEqual([200, 200, 200])
      const login = await shop.call('POST', '/api/auth/login', {body: {email: 'a@b.example', password: 'x'}})
      expect([login.status, login.body.error.code]).toEqual([503, 'unavailable'])
      await stack.compose('up', '--detach', '--wait', '--no-recreate', 'postgres')
      await until('readiness', async () => (await probe('orders', 'ready')).status === 200)
      await shop.customer()
    })

    it('a request in flight at SIGTERM is answered, an event stream gets its end, readiness is withdrawn at once', async () => {
      const {token} = await shop.buyer()
      const {id} = await shop.newProduct({stock: 3})
      const events = await EventReader.open(`${stack.url}/api/orders/events`, token)
      await events.next()
      const lock = await lockProduct(stack, id)
      const order = shop.order(token, [{productId: id, quantity: 1}])
      await until('the order waits', () => lock.isWaitedFor())
      const container = await stack.container('orders')
      await execa('docker', ['kill', '--signal', 'TERM', container])
      await until('readiness withdrawn', async () => (await probe('orders', 'ready')).status === 503)
      expect(await events.next()).toEqual({event: 'bye', data: {reason: 'stopping'}})
      expect(await events.next()).toBeNull()
      await lock.release()
      expect((await order).status).toBe(201)
      const {stdout: exitCode} = await execa('docker', ['wait', container])
      expect(exitCode).toBe('0')
      await stack.compose('up', '--detach', '--wait', '--no-recreate', 'orders')
    })

    it('a gateway that stops ends the streams that go through it in order', async () => {
      const {token} = await shop.buyer()
      const events = await EventReader.open(`${stack.url}/api/orders/events`, token)
      await events.next()
      await stack.compose('stop', 'api-gateway')
      expect(await events.next()).toBeNull()
      const answer = await shop.call('GET', '/api/products')
      expect(['bad_gateway', 'gateway_timeout']).toContain(answer.body.error.code)
      await stack.compose('up', '--detach', '--wait', '--no-recreate', 'api-gateway')
    })

    it('a database whose making was interrupted is made anew at the next start', async () => {
      const volume = `${stack.project}_unfinished`
      const mounts = ['-v', `${volume}:/var/lib/postgresql/data`, '--tmpfs', '/run/postgresql:uid=10001,gid=10001']
      const inDatabase = (script: string) =>
        execa(
          'docker',
          [
            'run',
            '--rm',
            '-e',
            'POSTGRES_PASSWORD_FILE=/tmp/p',
            ...mounts,
            '--entrypoint',
            'bash',
            stack.image('postgres:17'),
            '-c',
            script,
          ],
          {
            timeout: 30_000,
          },
        )
      try {
        await inDatabase('mkdir -p $PGDATA.unfinished/base && echo 17 > $PGDATA.unfinished/PG_VERSION')
        const {stdout} = await inDatabase(
          `printf secret > /tmp/p; entrypoint.sh & until pg_isready -q; do sleep 0.1; done
           psql -U shop -d shop -Atc 'SELECT current_user'; ls -A $PGDATA/..`,
        )
        expect(stdout.split('\n')).toEqual(['shop', 'pgdata'])
      } finally {
        await execa('docker', ['volume', 'rm', '--force', volume])
      }
    })
  })
}

/** Holds a product's row the way a slow transaction does, until released. */
async function lockProduct(
  stack: ShopStack,
  id: number,
): Promise<{isWaitedFor(): Promise<boolean>; release(): Promise<void>}> {
  const container = await stack.container('postgres')
  const session = execa('docker', ['exec', '-i', container, 'psql', '-XqAt', '-U', 'postgres', '-d', 'shop'])
  session.stdin.write(`BEGIN; SELECT id FROM products WHERE id = ${id} FOR UPDATE;\n`)
  await once(session.stdout, 'data')
  return {
    isWaitedFor: async () =>
      (await stack.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")) !== '0',
    async release() {
      session.stdin.end('COMMIT;\n')
      await session
    },
  }
}
