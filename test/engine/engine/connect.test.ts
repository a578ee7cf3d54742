import {createHash} from 'node:crypto'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {connect, createServer, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {connectEngine} from '../../../src/lib/engine/connect.js'
import {ConfigError, UnreachableError} from '../../../src/lib/errors.js'
import {failureOf, FOREVER, IMAGE, useSandbox} from './sandbox.js'

const SOCKET = '/var/run/docker.sock'

interface Proxy {
  readonly port: number
  readonly sockets: Set<Socket>
  readonly server: Server
}

/** A TCP door to the engine's unix socket; `answer` changes what the engine says. */
async function startProxy(answer?: (said: string) => string): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer({allowHalfOpen: true}, (client) => {
    const engine = connect({path: SOCKET, allowHalfOpen: true})
    for (const socket of [client, engine]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }

    client.pipe(engine)
    if (answer)
      engine
        .on('data', (chunk) => client.write(answer(chunk.toString('latin1')), 'latin1'))
        .on('end', () => client.end())
    else engine.pipe(client)
  })
  return {port: await listen(server), sockets, server}
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as {port: number}).port))
  })
}

describe('where the engine is', () => {
  const box = useSandbox()
  const servers: Server[] = []
  let directory = ''
  let proxy: Proxy

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stkeng-'))
    proxy = await startProxy()
    servers.push(proxy.server)
    await writeContext('over-tcp', {Host: `tcp://127.0.0.1:${proxy.port}`})
    await writeContext('elsewhere', {Host: 'unix:///no/such/elsewhere.sock'})
  })
  afterAll(async () => {
    for (const server of servers) server.close()
    for (const socket of proxy.sockets) socket.destroy()
    await rm(directory, {recursive: true})
  })

  async function writeContext(name: string, docker: object): Promise<void> {
    const folder = join(directory, 'contexts', 'meta', createHash('sha256').update(name).digest('hex'))
    await mkdir(folder, {recursive: true})
    await writeFile(join(folder, 'meta.json'), JSON.stringify({Name: name, Endpoints: {docker}}))
  }

  const connectTo = (env: Record<string, string>, context?: string) =>
    connectEngine({env: {DOCKER_CONFIG: directory, PATH: process.env.PATH, ...env}, context})

  it('works over TCP: calls, hijacked streams and half-closed stdin', async () => {
    const engine = await connectTo({DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}`})
    const id = await box.run('tcp', FOREVER)
    expect(await engine.exec(id, ['sh', '-c', 'cat; echo end'], {stdin: 'over tcp '})).toEqual({
      exitCode: 0,
      stdout: 'over tcp end\n',
      stderr: '',
    })
  })

  it('ignores DOCKER_HOST of the process when its own environment says otherwise', async () => {
    const before = process.env.DOCKER_HOST
    process.env.DOCKER_HOST = 'tcp://127.0.0.1:1'
    try {
      expect((await connectTo({DOCKER_HOST: `unix://${SOCKET}`})).address).toBe(`unix://${SOCKET}`)
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST
      else process.env.DOCKER_HOST = before
    }
  })

  it('prefers DOCKER_HOST to DOCKER_CONTEXT, and that to the current context; --context beats all', async () => {
    await writeFile(join(directory, 'config.json'), JSON.stringify({currentContext: 'elsewhere'}))
    const overTcp = `tcp://127.0.0.1:${proxy.port}`
    expect((await failureOf(connectTo({}))).message).toContain('/no/such/elsewhere.sock')
    expect((await connectTo({DOCKER_CONTEXT: 'over-tcp'})).address).toBe(overTcp)
    expect((await connectTo({DOCKER_CONTEXT: 'default'})).address).toBe(`unix://${SOCKET}`)
    expect((await connectTo({DOCKER_CONTEXT: 'over-tcp', DOCKER_HOST: `unix://${SOCKET}`})).address).toBe(
      `unix://${SOCKET}`,
    )
    expect((await connectTo({DOCKER_HOST: 'unix:///no/such.sock'}, 'over-tcp')).address).toBe(overTcp)
    await rm(join(directory, 'config.json'))
  })

  it('names a context that does not exist, and who asked for it', async () => {
    const error = await failureOf(connectTo({DOCKER_CONTEXT: 'nowhere'}))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toBe('docker context "nowhere" (from DOCKER_CONTEXT) does not exist')
  })

  it('refuses an address that is none, without its password', async () => {
    expect((await failureOf(connectTo({DOCKER_HOST: 'npipe:////./pipe/docker_engine'}))).message).toContain(
      'no address',
    )
    const error = await failureOf(connectTo({DOCKER_HOST: 'ssh://root:hunter2@host'}))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).not.toContain('hunter2')
  })

  it('says what to do when there is no such socket', async () => {
    const error = await failureOf(connectTo({DOCKER_HOST: 'unix:///no/such.sock'}))
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error.message).toBe('cannot connect: the Docker Engine at unix:///no/such.sock is not there: no such socket')
    expect(error.suggestions?.[0]).toContain('Start Docker')
  })

  it('says that nothing listens at a port', async () => {
    const server = createServer()
    const port = await listen(server)
    await new Promise((resolve) => {
      server.close(resolve)
    })
    const error = await failureOf(connectTo({DOCKER_HOST: `tcp://127.0.0.1:${port}`}))
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error.message).toContain('connection refused')
  })

  it('gives up in under five seconds on a port that accepts and never answers', async () => {
    const server = createServer()
    servers.push(server)
    const port = await listen(server)
    const started = Date.now()
    const error = await failureOf(connectTo({DOCKER_HOST: `tcp://127.0.0.1:${port}`}))
    expect(Date.now() - started).toBeLessThan(5000)
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error.message).toBe(`cannot connect: the Docker Engine at tcp://127.0.0.1:${port} does not answer in time`)
  })

  it('refuses an engine whose API is too old or too new', async () => {
    const old = await startProxy((said) => said.replaceAll('"ApiVersion":"1.41"', '"ApiVersion":"1.24"'))
    const young = await startProxy((said) => said.replaceAll('"MinAPIVersion":"1.12"', '"MinAPIVersion":"1.99"'))
    servers.push(old.server, young.server)
    expect((await failureOf(connectTo({DOCKER_HOST: `tcp://127.0.0.1:${old.port}`}))).message).toContain(
      'speaks API 1.24; stackctl needs 1.41',
    )
    expect((await failureOf(connectTo({DOCKER_HOST: `tcp://127.0.0.1:${young.port}`}))).message).toContain(
      'needs API 1.99 or newer',
    )
  })

  it('goes on waiting for a container when the connection breaks meanwhile', async () => {
    const engine = await connectTo({DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}`})
    const id = await box.engine.createContainer(box.name('survive'), {
      Image: IMAGE,
      Cmd: ['sh', '-c', 'while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 6'],
      Labels: box.labels,
    })
    await box.engine.startContainer(id)
    const waiting = engine.waitContainer(id)
    await new Promise((resolve) => {
      setTimeout(resolve, 200)
    })
    for (const socket of proxy.sockets) socket.destroy()
    await box.engine.exec(id, ['touch', '/tmp/go'])
    expect(await waiting).toBe(6)
  })

  it('ends a followed log with an error when the connection breaks', async () => {
    const engine = await connectTo({DOCKER_HOST: `tcp://127.0.0.1:${proxy.port}`})
    const id = await box.run('cut', `echo up; ${FOREVER}`)
    const follow = async () => {
      for await (const {line} of engine.logs(id, {follow: true})) {
        if (line === 'up') for (const socket of proxy.sockets) socket.destroy()
      }
    }

    expect(await failureOf(follow())).toBeInstanceOf(UnreachableError)
  })
})
