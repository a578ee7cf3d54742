import {connect, createServer, type Server, type Socket} from 'node:net'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'

import {runCli} from '../../support/cli.js'
import {expectRefused, freePort, listening, openServingStack, type ServingStack} from './serving-stack.js'

const DOCKER_SOCKET = '/var/run/docker.sock'
let stack: ServingStack
let cwd: string
let servers: {server: Server; sockets: Set<Socket>}[] = []

beforeAll(async () => {
  stack = await openServingStack('badeng')
  cwd = await stack.project({
    'compose.yaml': 'name: PROJECT\nservices:\n  app: {image: stackctl/node:24, init: true, command: [sleep, "9"]}\n',
  })
})

afterEach(() => {
  for (const {server, sockets} of servers) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }

  servers = []
})

afterAll(async () => stack.remove())

/** A TCP server of this test; answers its port. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  servers.push({server, sockets})
  return listening(server, 0, '127.0.0.1')
}

/** The real engine behind a proxy that changes what it says about its API; the length stays the same. */
async function engineThatSays(replace: (text: string) => string): Promise<number> {
  return listen((client) => {
    const engine = connect(DOCKER_SOCKET)
    client.pipe(engine)
    engine.on('data', (chunk) => client.write(Buffer.from(replace(chunk.toString('latin1')), 'latin1')))
    engine.on('error', () => client.destroy()).on('end', () => client.end())
  })
}

describe('an engine that cannot be used is said with its address, and nothing changes', () => {
  it('the socket does not exist', async () => {
    const refusal = {
      args: ['deploy'],
      exit: 4,
      code: 'E_UNREACHABLE',
      message: /unix:\/\/\/nowhere\/docker\.sock/,
      remedy: /\S/,
    }
    await expectRefused(stack, refusal, {cwd, env: {DOCKER_HOST: 'unix:///nowhere/docker.sock'}})
  })

  it('nobody listens at the port', async () => {
    const port = await freePort()
    const refusal = {
      args: ['deploy'],
      exit: 4,
      code: 'E_UNREACHABLE',
      message: new RegExp(String.raw`127\.0\.0\.1:${port}`),
      remedy: /\S/,
    }
    await expectRefused(stack, refusal, {cwd, env: {DOCKER_HOST: `tcp://127.0.0.1:${port}`}})
  })

  it('the port accepts and never answers: refused within ten seconds', async () => {
    const port = await listen(() => {})
    const options = {cwd, env: {DOCKER_HOST: `tcp://127.0.0.1:${port}`}}
    const {durationMs} = await runCli(['status'], options)
    expect(durationMs).toBeLessThan(10_000)
    const refusal = {
      args: ['deploy'],
      exit: 4,
      code: 'E_UNREACHABLE',
      message: new RegExp(String.raw`127\.0\.0\.1:${port}.*(?:no answer|not answer|timed? ?out)`),
      remedy: /\S/,
    }
    await expectRefused(stack, refusal, options)
  })

  it('it speaks an API that is too old', async () => {
    const port = await engineThatSays((text) => text.replaceAll(/"ApiVersion":"\d\.\d\d"/g, '"ApiVersion":"1.24"'))
    const refusal = {
      args: ['deploy'],
      exit: 4,
      code: 'E_UNREACHABLE',
      message: /speaks API 1\.24; stackctl needs 1\.41 or newer$/,
      remedy: /Update Docker/,
    }
    await expectRefused(stack, refusal, {cwd, env: {DOCKER_HOST: `tcp://127.0.0.1:${port}`}})
  })

  it('it needs an API that is newer than ours', async () => {
    const port = await engineThatSays((text) =>
      text.replaceAll(/"MinAPIVersion":"\d\.\d\d"/g, '"MinAPIVersion":"9.99"'),
    )
    const refusal = {
      args: ['deploy'],
      exit: 4,
      code: 'E_UNREACHABLE',
      message: /needs API 9\.99 or newer/,
      remedy: /Update stackctl/,
    }
    await expectRefused(stack, refusal, {cwd, env: {DOCKER_HOST: `tcp://127.0.0.1:${port}`}})
  })

  it('a docker context that does not exist', async () => {
    const refusal = {
      args: ['deploy', '--context', 'nowhere'],
      exit: 3,
      code: 'E_CONFIG',
      message: /docker context "nowhere".* does not exist/,
      remedy: /docker context ls/,
    }
    await expectRefused(stack, refusal, {cwd})
  })
})
