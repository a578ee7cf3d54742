import type {Duplex} from 'node:stream'

import {connect as connectSocket, type Socket} from 'node:net'
import {inspect} from 'node:util'

/**
 * Connections to an engine, one kind of agent for all: unix socket, TCP, TLS, or a `docker system dial-stdio` over ssh.
 * A connection that is not there within `CONNECT_TIMEOUT_MS` is an error, never a hang.
 */
import type {Endpoint, TlsMaterial} from './endpoint.js'

import {http} from './node-http.js'
import {dialSsh} from './ssh.js'

export const CONNECT_TIMEOUT_MS = 4000
const KEEP_ALIVE_MS = 30_000

/** An agent whose every connection goes to the endpoint, whatever the request says. */
export class EndpointAgent extends http.Agent {
  readonly #endpoint: Endpoint
  readonly #connections = new Set<Duplex>()

  constructor(endpoint: Endpoint) {
    // Idle connections do not keep the process alive: node unrefs them.
    // Enough of them that thirty calls at once do not open thirty new connections each time (5 times slower).
    super({keepAlive: true, maxFreeSockets: 64})
    this.#endpoint = endpoint
  }

  override createConnection(): Duplex {
    const connection = open(this.#endpoint)
    this.#connections.add(connection)
    connection.once('close', () => this.#connections.delete(connection))
    return connection
  }

  /** dockerode describes every request in full depth, whether anybody reads it or not; the pool alone would cost 10 ms. */
  [inspect.custom](): string {
    return `EndpointAgent(${this.#endpoint.address})`
  }

  /** Ends all connections, those that were upgraded to raw bytes included: node's `destroy()` forgets them. */
  cutAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }
}

function open(endpoint: Endpoint): Duplex {
  if (endpoint.kind === 'ssh') return dialSsh(endpoint)
  if (endpoint.kind === 'unix') return withDeadline(connectSocket({path: endpoint.path}), 'connect')
  const {host, port, tls} = endpoint
  if (tls === undefined) return withDeadline(connectSocket({host, port}), 'connect')
  // Loaded for those who use it; a connection is made synchronously, which rules an `import()` out.
  const {connect: connectTls} = process.getBuiltinModule('node:tls')
  return withDeadline(connectTls({host, port, ...tlsOptions(host, tls)}), 'secureConnect')
}

function tlsOptions(host: string, {ca, cert, key, verify}: TlsMaterial) {
  const isName = /[a-z]/i.test(host) && !host.includes(':')
  return {
    rejectUnauthorized: verify,
    ...(isName && {servername: host}),
    ...(ca && {ca}),
    ...(cert && {cert}),
    ...(key && {key}),
  }
}

function withDeadline(socket: Socket, ready: 'connect' | 'secureConnect'): Socket {
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('the connection was not made in time'), {code: 'ETIMEDOUT'}))
  }, CONNECT_TIMEOUT_MS)
  socket.once(ready, () => clearTimeout(timer))
  socket.once('close', () => clearTimeout(timer))
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}
