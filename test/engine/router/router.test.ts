import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {ExecOptions} from '../../../src/lib/engine/engine.js'

import {routerContainer} from '../../../src/lib/router/container.js'
import {RouterControl} from '../../../src/lib/router/control.js'
import {parseTable, renderConfig} from '../../../src/lib/router/render.js'
import {EMPTY_TABLE} from '../../../src/lib/router/table.js'
import {startLoad} from '../../support/load.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'
import {appBackend, makeRouter} from './sandboxed-router.js'

/** Answers its name; `?d=2000` waits that long first; dies at SIGTERM without finishing anything. */
const APP = `import http from 'node:http'
http.createServer((request, response) => {
  const delayMs = Number(new URL(request.url, 'http://x').searchParams.get('d') ?? 0)
  request.resume().on('end', () => setTimeout(() => response.end(process.env.NAME), delayMs))
}).listen(3000)
process.on('SIGTERM', () => process.exit(0))`

describe('the router', () => {
  let sandbox: Sandbox
  let control: RouterControl
  let network: string
  let router: string

  beforeAll(async () => {
    sandbox = await openSandbox('router')
    network = await sandbox.network('app')
    const spec = await makeRouter(sandbox, network)
    router = spec.containerName
    expect(parseTable(renderConfig(EMPTY_TABLE))).toEqual(EMPTY_TABLE)
    expect(routerContainer(spec, {project: sandbox.id, imageId: spec.image}).HostConfig?.ReadonlyRootfs).toBe(true)
    control = new RouterControl(sandbox.engine, router)
    for (const name of ['a', 'b', 'c']) await sandbox.node(name, {network, script: APP, env: [`NAME=${name}`]})
    await sandbox.node('client', {network, script: 'setInterval(() => {}, 1e6)'})
    await control.configure([await appBackend(sandbox, network)])
  })

  afterAll(async () => {
    await sandbox.remove()
  })

  const call = async (): Promise<string> => {
    const script = `const r = await fetch('http://app:3000/'); process.stdout.write(r.status + ' ' + await r.text())`
    const {stdout} = await sandbox.engine.exec(`${sandbox.id}-client`, ['node', '--input-type=module', '-e', script])
    return stdout
  }

  it('answers 503 for a service without a published replica', async () => {
    expect(await call()).toMatch(/^503 /)
  })

  it('serves a replica as soon as publish returns', async () => {
    await control.publish('app', `${sandbox.id}-a`)
    expect(await call()).toBe('200 a')
    expect((await control.observe()).serving).toEqual(new Set([`${sandbox.id}-a`]))
  })

  it('keeps the last published replica published', async () => {
    await expect(control.unpublish('app', `${sandbox.id}-a`, {drainTimeoutMs: 1000})).rejects.toThrow(
      /last published replica/,
    )
    expect(await call()).toBe('200 a')
  })

  it('makes changes that come at once in one, and refuses only the one that would empty the service', async () => {
    const names = ['a', 'b', 'c'].map((name) => `${sandbox.id}-${name}`)
    const writes: string[] = []
    const engine = new Proxy(sandbox.engine, {
      get: (target, verb) =>
        verb === 'exec'
          ? (id: string, argv: string[], options: ExecOptions) => {
              if (argv.join(' ').includes('haproxy -c')) writes.push(argv.join(' '))
              return target.exec(id, argv, options)
            }
          : (Reflect.get(target, verb) as unknown),
    })
    const batching = new RouterControl(engine, router)
    await Promise.all(names.map((name) => batching.publish('app', name)))
    expect((await control.observe()).serving).toEqual(new Set(names))
    expect(writes.length).toBeLessThan(names.length)
    const out = await Promise.allSettled(names.map((name) => batching.unpublish('app', name, {drainTimeoutMs: 1000})))
    expect(out.map(({status}) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect((await control.observe()).serving).toEqual(new Set([`${sandbox.id}-c`]))
    await batching.publish('app', `${sandbox.id}-a`)
    await batching.unpublish('app', `${sandbox.id}-c`, {drainTimeoutMs: 1000})
    await control.readTable()
  })

  it('loses no request when replicas are swapped and killed under load, 3 s requests included', async () => {
    const load = await startLoad(sandbox, {url: 'http://app:3000/', connections: 8, slowMs: 3000, network})
    await load.warm()
    await control.publish('app', `${sandbox.id}-b`)
    const drained = await control.unpublish('app', `${sandbox.id}-a`, {drainTimeoutMs: 20_000})
    await sandbox.engine.killContainer(`${sandbox.id}-a`, 'SIGKILL')
    await control.publish('app', `${sandbox.id}-c`)
    await control.unpublish('app', `${sandbox.id}-b`, {drainTimeoutMs: 20_000})
    await sandbox.engine.killContainer(`${sandbox.id}-b`, 'SIGKILL')
    const report = await load.stop()
    expect(drained.drained).toBe(true)
    expect(report.failed, JSON.stringify(report)).toBe(0)
    expect(report.ok).toBeGreaterThan(100)
    expect(await call()).toBe('200 c')
  })

  it('comes back with what it served when it restarts', async () => {
    await sandbox.engine.restartContainer(router)
    await control.ready()
    expect(await call()).toBe('200 c')
  })

  it('follows a replica that comes back with another address', async () => {
    await sandbox.engine.disconnectNetwork(network, `${sandbox.id}-c`)
    await sandbox.node('squatter', {network, script: 'setInterval(() => {}, 1e6)'})
    await sandbox.engine.connectNetwork(network, `${sandbox.id}-c`, {})
    await expect.poll(call, {timeout: 15_000}).toBe('200 c')
  })

  it('reloads for a new backend without cutting a request or refusing a connection, and counts what the old worker has in flight', async () => {
    await sandbox.node('d', {network, script: APP, env: ['NAME=d']})
    // Connections that idle are closed by a reload, and a request may be on its way on one of them (docs/architecture.md).
    const load = await startLoad(sandbox, {
      url: 'http://app:3000/',
      connections: 8,
      slowMs: 3000,
      network,
      keepAlive: false,
    })
    await load.warm()
    const app = await appBackend(sandbox, network)
    await control.configure([app, {...app, name: 'other.4000', service: 'other', port: 4000, hostnames: ['other']}])
    await control.publish('app', `${sandbox.id}-d`)
    await control.unpublish('app', `${sandbox.id}-c`, {drainTimeoutMs: 20_000})
    await sandbox.engine.killContainer(`${sandbox.id}-c`, 'SIGKILL')
    const report = await load.stop()
    expect(report.failed, JSON.stringify(report)).toBe(0)
    expect(await call()).toBe('200 d')
  })

  it('is seen not to have taken over a file that was written and not loaded, and is given it', async () => {
    expect((await control.observe()).upToDate).toBe(true)
    const table = await control.readTable()
    const [first] = table.backends
    if (first === undefined) throw new Error('no backend')
    const more = {...first, name: 'late.5000', service: 'late', port: 5000, hostnames: ['late'], servers: []}
    // What a process leaves behind that is killed between the file and the reload.
    const written = renderConfig({...table, backends: [...table.backends, more]})
    await sandbox.engine.exec(router, ['sh', '-c', 'cat > /var/lib/router/haproxy.cfg'], {stdin: written})
    const next = new RouterControl(sandbox.engine, router)
    expect((await next.observe()).upToDate).toBe(false)
    const {backends} = await next.readTable()
    await next.configure(backends)
    expect((await next.observe()).upToDate).toBe(true)
    expect(await call()).toBe('200 d')
    control.forget()
  })

  it('refuses callers from networks that the service is not on', async () => {
    const other = await sandbox.network('other')
    await sandbox.engine.connectNetwork(other, router, {Aliases: ['app']})
    await sandbox.node('stranger', {network: other, script: 'setInterval(() => {}, 1e6)'})
    const script = `await fetch('http://app:3000/').then((r) => console.log(r.status), () => console.log('refused'))`
    const {stdout} = await sandbox.engine.exec(`${sandbox.id}-stranger`, ['node', '--input-type=module', '-e', script])
    expect(stdout.trim()).toBe('refused')
  })

  it('refuses a configuration that HAProxy does not accept and keeps the old one', async () => {
    const app = await appBackend(sandbox, network)
    await expect(control.configure([{...app, sources: ['not-an-address']}])).rejects.toThrow(
      /refused its new configuration/,
    )
    expect(await call()).toBe('200 d')
  })

  it('reports a replica that nobody can reach instead of publishing it silently', async () => {
    await expect(control.publish('app', `${sandbox.id}-nobody`)).rejects.toThrow(/cannot reach/)
    expect((await control.observe()).serving).toEqual(new Set([`${sandbox.id}-d`]))
    expect(await call()).toBe('200 d')
  })
})
