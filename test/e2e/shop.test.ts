import {execFile} from 'node:child_process'
import {readFile} from 'node:fs/promises'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {StackStatus} from '../../src/lib/workflow/status.js'

import {type Checkout, copyRepository} from '../support/checkout.js'
import {type CliRun, runCli} from '../support/cli.js'
import {freePort} from '../support/free-port.js'
import {openSandbox, type Sandbox} from '../support/sandbox.js'
import {ShopClient} from './shop-client.js'
import {ShopLoad} from './shop-load.js'

interface Product {
  readonly id: number
  readonly name: string
  readonly stock: number
  readonly priceCents: number
}

const LOGIN = {email: 'admin@shop.example'}

describe('the bundled shop', () => {
  let sandbox: Sandbox
  let checkout: Checkout
  let port: number
  let shop: ShopClient
  let adminToken: string
  let first: CliRun

  const stackctl = async (...args: string[]): Promise<CliRun> =>
    runCli(args, {
      cwd: checkout.directory,
      bin: path.join(checkout.directory, 'bin/run.js'),
      env: {COMPOSE_PROJECT_NAME: sandbox.id, HTTP_PORT: String(port), IMAGE_PREFIX: sandbox.id},
      timeoutMs: 240_000,
    })
  const status = async (): Promise<StackStatus> =>
    JSON.parse((await stackctl('status', 'development', '--json')).stdout) as StackStatus

  beforeAll(async () => {
    sandbox = await openSandbox('shop')
    checkout = await copyRepository(sandbox.directory)
    port = await freePort()
    await stackctl('secrets', 'generate', 'development')
    first = await stackctl('deploy', 'development')
    expect(first.exitCode, first.stderr).toBe(0)
    shop = new ShopClient(port)
    const password = await readFile(
      path.join(checkout.directory, 'stack/config/development/secrets/admin_password'),
      'utf8',
    )
    adminToken = await shop.login(LOGIN.email, password.trim())
  })

  afterAll(async () => {
    shop?.close()
    await sandbox?.remove()
  })

  it('is up after the first deploy, behind its published port', async () => {
    expect((await shop.call({path: '/health'})).status).toBe(200)
    expect((await shop.call({path: '/'})).body).toContain('<div id="root"')
    const {services, state} = await status()
    expect(state).toBe('up')
    expect(services.every(({state: each}) => each === 'up' || each === 'done')).toBe(true)
  })

  it('sells: the order is stored with prices of the shop, and the stock goes down', async () => {
    const {items} = await shop.json<{items: Product[]}>({path: '/api/products'})
    const product = items.find(({stock}) => stock > 2)
    if (product === undefined) throw new Error('no product in stock')
    const token = await shop.register('buyer@shop.example')
    const json = {items: [{productId: product.id, quantity: 2, priceCents: 1}]}
    const {order} = await shop.json<{order: {totalCents: number}}>(
      {method: 'POST', path: '/api/orders', token, json},
      201,
    )
    expect(order.totalCents).toBe(2 * product.priceCents)
    const after = await shop.json<{product: Product}>({path: `/api/products/${product.id}`})
    expect(after.product.stock).toBe(product.stock - 2)
  })

  it('has nothing to do when it is deployed again unchanged', async () => {
    const {exitCode, stdout} = await stackctl('deploy', 'development')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('nothing to do')
  })

  it('prints a plan that a script can read, and nothing else on stdout', async () => {
    const {stdout} = await stackctl('plan', 'development', '--json')
    expect(JSON.parse(stdout)).toMatchObject({schema: 'stackctl.plan.v1', project: sandbox.id, steps: []})
  })

  it('is shown by docker compose ps and logs', async () => {
    const compose = async (...args: string[]) =>
      (
        await promisify(execFile)('docker', ['compose', '--project-name', sandbox.id, ...args], {
          cwd: checkout.directory,
        })
      ).stdout
    const services = (await compose('ps', '--services')).trim().split('\n')
    expect(services).toEqual(
      expect.arrayContaining(['edge', 'web', 'api-gateway', 'auth', 'products', 'orders', 'postgres', 'redis']),
    )
    expect(await compose('logs', '--no-color', '--tail', '5', 'edge')).toContain('"service":"edge"')
  })

  it('rolls two edited services under load without a failed request, 5 s requests included', async () => {
    await checkout.edit(
      'stack/services/products/src/main.ts',
      (text) => `${text}\nprocess.env['E2E_MARK'] = 'second'\n`,
    )
    await checkout.edit('stack/services/web/index.html', (text) =>
      text.replace('</head>', '<meta name="e2e" content="second" /></head>'),
    )
    const before = await status()
    const {deploy, report} = await underLoad(() => stackctl('deploy', 'development'))
    expect(deploy.exitCode, deploy.stderr).toBe(0)
    expect(report, JSON.stringify(report)).toMatchObject({failed: 0})
    expect(report.slow).toBeGreaterThan(1)
    const after = await status()
    expect(namesOf(after, 'products')).not.toEqual(namesOf(before, 'products'))
    expect(namesOf(after, 'orders')).toEqual(namesOf(before, 'orders'))
    expect(after.services.find(({service}) => service === 'web')?.replicas).toEqual({ready: 2, wanted: 2})
    expect((await shop.call({path: '/'})).body).toContain('content="second"')
  })

  it('refuses a release whose image exits at start: exit 6, no failed request, the old replicas serve', async () => {
    await checkout.edit(
      'stack/services/products/src/main.ts',
      (text) => `console.error('cannot start: broken on purpose')\nprocess.exit(3)\n${text}`,
    )
    const before = await status()
    const {deploy, report} = await underLoad(() => stackctl('deploy', 'development'))
    expect(deploy.exitCode, deploy.stderr).toBe(6)
    expect(deploy.stderr).toContain('exited with code 3')
    expect(deploy.stderr).toContain('broken on purpose')
    expect(report, JSON.stringify(report)).toMatchObject({failed: 0})
    const after = await status()
    expect(namesOf(after, 'products')).toEqual(namesOf(before, 'products'))
    expect(after.state).toBe('up')
    expect((await shop.call({path: '/api/products'})).status).toBe(200)
  })

  it('keeps its data when it is taken down and deployed again', async () => {
    await checkout.edit('stack/services/products/src/main.ts', (text) => text.replace(/^.*\n.*\n/, ''))
    const down = await stackctl('down', 'development', '--yes')
    expect(down.exitCode, down.stderr).toBe(0)
    expect(await sandbox.engine.listContainers([`com.docker.compose.project=${sandbox.id}`])).toEqual([])
    const {exitCode, stderr} = await stackctl('deploy', 'development')
    expect(exitCode, stderr).toBe(0)
    const token = await shop.login('buyer@shop.example', 'correct horse battery')
    const {items} = await shop.json<{items: unknown[]}>({path: '/api/orders', token})
    expect(items).toHaveLength(1)
  })

  it('never shows a secret', async () => {
    const {readdir} = await import('node:fs/promises')
    const folder = path.join(checkout.directory, 'stack/config/development/secrets')
    const values = await Promise.all((await readdir(folder)).map((name) => readFile(path.join(folder, name), 'utf8')))
    const config = await stackctl('config', 'development', '--json')
    const containers = await sandbox.engine.listContainers([`com.docker.compose.project=${sandbox.id}`])
    const inspected = await Promise.all(containers.map((container) => sandbox.engine.inspectContainer(container.id)))
    for (const value of values) {
      for (const text of [first.stdout, first.stderr, config.stdout, JSON.stringify(inspected)])
        expect(text).not.toContain(value.trim())
    }
  })

  /** Runs an action while the load is on, from before it begins until a moment after it ended. */
  async function underLoad(action: () => Promise<CliRun>) {
    const product = await shop.json<{product: Product}>(
      {
        method: 'POST',
        path: '/api/products',
        token: adminToken,
        json: {name: 'Load', priceCents: 100, stock: 1_000_000},
      },
      201,
    )
    const token = await shop.register(`load-${product.product.id}@shop.example`)
    const order: Parameters<ShopClient['call']>[0] = {
      method: 'POST',
      path: '/api/orders',
      token,
      json: {items: [{productId: product.product.id, quantity: 1}]},
    }
    const load = new ShopLoad(port, {
      mixed: [
        {path: '/api/products'},
        {path: '/'},
        {path: `/api/products/${product.product.id}`},
        order,
        {path: '/api/cart', token},
      ],
      slow: {
        method: 'PUT',
        path: `/api/products/${product.product.id}`,
        token: adminToken,
        json: {name: 'Load', description: 'x', priceCents: 100, image: 'box'},
      },
    })
    await expect.poll(() => load.ok, {timeout: 30_000}).toBeGreaterThan(50)
    const deploy = await action()
    const seen = load.ok
    await expect.poll(() => load.ok, {timeout: 30_000}).toBeGreaterThan(seen + 50)
    return {deploy, report: await load.stop()}
  }
})

function namesOf(status: StackStatus, service: string): string[] {
  return status.services.find((candidate) => candidate.service === service)?.containers.map(({name}) => name) ?? []
}
