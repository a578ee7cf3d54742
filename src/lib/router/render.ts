/**
 * A router table as an HAProxy 3.0 configuration. Pure: equal tables give equal bytes.
 *
 * The table itself rides along in the first line, so that whoever reads the file knows what the router was told.
 */
import {createHash} from 'node:crypto'

import type {Backend, RouterTable} from './table.js'

import {EMPTY_TABLE, fixedStructureOf} from './table.js'

const TABLE_PREFIX = '# stackctl-table '
/** Where the router's image keeps its sockets. */
export const ADMIN_SOCKET = '/run/router/admin.sock'
export const MASTER_SOCKET = '/run/router/master.sock'
export const CONFIG_PATH = '/var/lib/router/haproxy.cfg'

export function renderConfig(table: RouterTable): string {
  const ports = [...new Set(table.backends.map((backend) => backend.port))].toSorted((a, b) => a - b)
  return [
    TABLE_PREFIX + JSON.stringify(table),
    `global\n  description ${structureHash(table)}${PREAMBLE}`,
    ...ports.map((port) =>
      internalFrontend(
        port,
        table.backends.filter((backend) => backend.port === port),
      ),
    ),
    ...table.backends.flatMap((backend) => backend.listens.map((listen) => publishedFrontend(backend, listen))),
    ...table.backends.map((backend) => backendSection(backend)),
    '',
  ].join('\n')
}

/**
 * What a running HAProxy says of itself in `show info`, so that whoever asks sees whether it has taken over the file: the
 * one who wrote it may have been killed before the reload. Older routers say nothing.
 */
export function structureHash(table: RouterTable): string {
  return createHash('sha256')
    .update(`${RENDERING} ${fixedStructureOf(table)}`)
    .digest('hex')
    .slice(0, 16)
}

/** Counted up when equal tables give another configuration that running routers should take over. */
const RENDERING = 2

/** The table that a configuration was rendered from; an unreadable one counts as empty. */
export function parseTable(config: string): RouterTable {
  const line = config.split('\n', 1)[0] ?? ''
  if (!line.startsWith(TABLE_PREFIX)) return EMPTY_TABLE
  const table: unknown = JSON.parse(line.slice(TABLE_PREFIX.length))
  return isTable(table) ? table : EMPTY_TABLE
}

function isTable(value: unknown): value is RouterTable {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 1 && 'backends' in value
}

/*
 * The timeouts towards clients and servers are long because event streams are legitimate; dead peers are found by TCP
 * keep-alive. `allow-dup-ip`: a replica that comes back may be given another slot than the one that still has its name.
 * Retries: a refused connection is always safe to retry elsewhere; a request that got no answer is retried
 * only where the method reads (the backend disables it for the others).
 */
const PREAMBLE = `
  fd-hard-limit 65536
  stats socket ${ADMIN_SOCKET} mode 600 level admin expose-fd listeners
  stats timeout 1h
  hard-stop-after 1h

defaults
  timeout connect 3s
  timeout client 24h
  timeout server 24h
  timeout http-request 60s
  timeout http-keep-alive 75s
  timeout tunnel 24h
  option redispatch 1
  option clitcpka
  option srvtcpka
  option splice-auto
  retries 3
  balance leastconn
  default-server check inter 1s fastinter 200ms downinter 500ms rise 1 fall 2 resolvers engine resolve-opts allow-dup-ip init-addr libc,none

resolvers engine
  nameserver engine 127.0.0.11:53
  accepted_payload_size 8192
  timeout resolve 200ms
  timeout retry 200ms
  hold valid 500ms
`

/** Where the services' own names lead: reached from inside the networks only. */
function internalFrontend(port: number, backends: readonly Backend[]): string {
  const [first] = backends
  if (first === undefined) return ''
  const lines = [`frontend in.${port}`, `  mode ${first.mode}`, `  bind :${port}`]
  if (backends.length === 1) {
    lines.push(`  tcp-request connection reject unless { src ${sources(first)} }`, `  default_backend ${first.name}`)
  } else {
    for (const backend of backends)
      lines.push(`  use_backend ${backend.name} if { src ${sources(backend)} } ${named(backend)}`)
    lines.push('  http-request return status 421 content-type text/plain string "no service of this name on this port"')
  }

  return `${lines.join('\n')}\n`
}

function sources(backend: Backend): string {
  return ['127.0.0.0/8', ...backend.sources].join(' ')
}

function named(backend: Backend): string {
  return `{ req.hdr(host),field(1,:),lower -m str ${backend.hostnames.join(' ')} }`
}

/** What the host publishes. The client's address is what the router saw, whatever the client claims. */
function publishedFrontend(backend: Backend, listen: number): string {
  const lines = [`frontend out.${listen}`, `  mode ${backend.mode}`, `  bind :${listen}`]
  if (backend.mode === 'http') {
    lines.push('  http-request set-header X-Forwarded-For %[src]', '  http-request set-header X-Forwarded-Proto http')
  }

  lines.push(`  default_backend ${backend.name}`)
  return `${lines.join('\n')}\n`
}

function backendSection(backend: Backend): string {
  const lines = [`backend ${backend.name}`, `  mode ${backend.mode}`]
  if (backend.mode === 'http') {
    lines.push(
      '  retry-on conn-failure empty-response',
      '  http-request disable-l7-retry unless { method GET HEAD OPTIONS }',
    )
  }

  const proxy = backend.proxyProtocol ? ' send-proxy-v2 check-send-proxy' : ''
  for (let slot = 1; slot <= backend.slots; slot += 1) {
    const server = backend.servers.find((candidate) => candidate.slot === slot)
    lines.push(
      server === undefined
        ? `  server s${slot} ${EMPTY_SLOT}:${backend.target}${proxy} init-addr none disabled`
        : `  server s${slot} ${server.container}:${server.port ?? backend.target}${proxy}`,
    )
  }

  return `${lines.join('\n')}\n`
}

/** A name that never resolves (RFC 6761), so that an empty slot has no address. */
const EMPTY_SLOT = 'empty-slot.invalid'
