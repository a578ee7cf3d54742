import {createServer} from 'node:net'
import {afterAll, beforeAll, describe, it} from 'vitest'

import {NODE_IMAGE, type Sandbox} from '../../support/sandbox.js'
import {expectRefused, freePort, listening, openServingStack, type ServingStack} from './serving-stack.js'

let stack: ServingStack
let foreign: Sandbox['container']

beforeAll(async () => {
  stack = await openServingStack('badhost')
  foreign = stack.sandbox.container.bind(stack.sandbox)
})

afterAll(async () => stack.remove())

const preflight = {args: ['deploy'], exit: 3, code: 'E_PREFLIGHT'}
/** `app` changes with every case, so that a refusal that comes too late would be seen. */
const compose = (app: string, more = ''): string =>
  `name: PROJECT\nservices:\n  app: {image: stackctl/node:24, init: true, command: [sleep, "99"], ${app}}\n${more}`

/** A container of somebody else. */
async function holder(name: string, port?: number): Promise<string> {
  const bindings = port === undefined ? {} : {PortBindings: {'80/tcp': [{HostIp: '', HostPort: String(port)}]}}
  const ports = port === undefined ? {} : {ExposedPorts: {'80/tcp': {}}}
  return foreign(name, {
    Image: NODE_IMAGE,
    Cmd: ['sleep', 'infinity'],
    ...ports,
    HostConfig: {Init: true, ...bindings},
    network: 'bridge',
  })
}

describe('what the host has already given away is named with its holder, and nothing changes', () => {
  it('a port that another container publishes', async () => {
    const port = await freePort()
    const name = await holder('holder', port)
    const cwd = await stack.project({'compose.yaml': compose(`ports: ["${port}:80"]`)})
    await expectRefused(
      stack,
      {
        ...preflight,
        message: new RegExp(`^port ${port} of service app is taken by container ${name}$`),
        remedy: /stop that container, or publish another port/,
      },
      {cwd},
    )
  })

  it('a port that a process of the host listens on', async () => {
    const port = await freePort()
    const server = createServer()
    await listening(server, port, '0.0.0.0')
    const cwd = await stack.project({'compose.yaml': compose(`ports: ["${port}:80"]`)})
    try {
      await expectRefused(
        stack,
        {
          ...preflight,
          message: new RegExp(`^port ${port} of service app is taken by a process of this host$`),
          remedy: /ss -ltnp/,
        },
        {cwd},
      )
    } finally {
      server.close()
    }
  })

  it('a port that a process holds and the router should publish', async () => {
    const port = await freePort()
    const server = createServer()
    await listening(server, port, '127.0.0.1')
    const cwd = await stack.project({'compose.yaml': compose(`ports: ["127.0.0.1:${port}:80"], deploy: {replicas: 2}`)})
    try {
      await expectRefused(
        stack,
        {...preflight, message: new RegExp(`^port ${port} of service app is taken`), remedy: /another port/},
        {cwd},
      )
    } finally {
      server.close()
    }
  })

  it('a container_name that somebody else uses, and a second problem: both at once', async () => {
    const name = await holder('fixed')
    const cwd = await stack.project({
      'compose.yaml': compose(
        `container_name: ${name}, networks: [outside]`,
        'networks: {outside: {external: true, name: PROJECT-outside}}\n',
      ),
    })
    const message = new RegExp(
      `the name ${name} is taken by a container of somebody else; external network ${stack.sandbox.id}-outside does not exist`,
    )
    await expectRefused(stack, {...preflight, message, remedy: /change container_name[^]*docker network create/}, {cwd})
  })

  it('an external volume that does not exist', async () => {
    const cwd = await stack.project({
      'compose.yaml': compose(
        'volumes: ["outside:/data"]',
        'volumes: {outside: {external: true, name: PROJECT-outside}}\n',
      ),
    })
    await expectRefused(
      stack,
      {...preflight, message: /^external volume \S+-outside does not exist$/, remedy: /docker volume create/},
      {cwd},
    )
  })
})
