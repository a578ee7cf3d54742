/** The application that is rolled out, how it can misbehave, and the stack around it. */
import type {Edge} from './load.js'

import {NODE_IMAGE} from '../../support/sandbox.js'

/** What a release does wrong; `good` does nothing wrong. */
export type Mode =
  | 'good'
  | 'exits-0'
  | 'exits-1'
  /** Healthy at once, dies 3 s after every start. */
  | 'crash-loops'
  /** Dies 3 s after the first request that it is sent, and never again. */
  | 'dies-once'
  /** Ready for half a second, then not, and so on. */
  | 'flaps'
  /** Its health check fails 2 s after the first request that it is sent; it goes on serving. */
  | 'turns-unhealthy'
  /** Its health check succeeds, and every answer is a 500. */
  | 'serves-500s'
  | 'never-healthy'
  /** Listens after 5 s. */
  | 'boots-slowly'
  | 'ignores-sigterm'

export interface Release {
  /** What it answers, and how the tests tell releases apart. */
  readonly version: string
  readonly mode?: Mode
  readonly replicas?: number
  readonly environment?: Readonly<Record<string, string>>
  readonly updateConfig?: Readonly<Record<string, unknown>>
  /** Replaces or adds keys of the service. */
  readonly service?: Readonly<Record<string, unknown>>
  readonly xStackctl?: Readonly<Record<string, unknown>>
  /** Other services, such as a migration. */
  readonly others?: Readonly<Record<string, unknown>>
  /** Content of the config and of the secret that the app mounts. */
  readonly settings?: string
  readonly token?: string
  /** More top-level keys. */
  readonly top?: Readonly<Record<string, unknown>>
}

/** Long enough for the slow requests of the load, short enough for event streams to be ended in a test. */
export const DRAIN_TIMEOUT_MS = 12_000
export const MONITOR_MS = 4000
export const REPLICAS = 2
export const LOCAL = '127.0.0.1'
const PORT = 8000

/**
 * `?d=<ms>` answers late, `/events` sends a frame every 500 ms, `/env` tells what it was given. It ends at once when asked
 * to, as most programs do.
 */
const APP = String.raw`
const fs = require('fs'), os = require('os')
const {MODE, VERSION} = process.env
const replica = os.hostname()
const ready = () => fs.writeFileSync('/tmp/ready', '')
const notReady = () => fs.rmSync('/tmp/ready', {force: true})
const die = () => { console.log('dies at ' + Date.now()); process.exit(1) }
notReady()
process.on('SIGTERM', () => MODE === 'ignores-sigterm' || process.exit(0))
console.log('version ' + VERSION + ' starts')
if (MODE === 'exits-0') process.exit(0)
if (MODE === 'exits-1') { console.error('boom'); process.exit(1) }
const read = (file) => { try { return fs.readFileSync(file, 'utf8') } catch { return null } }
const events = (response) => {
  let frame = 0
  const send = () => response.write('data: ' + JSON.stringify({version: VERSION, replica, frame: frame++}) + '\n\n')
  response.writeHead(200, {'content-type': 'text/event-stream', 'cache-control': 'no-store'})
  send()
  const timer = setInterval(send, 500)
  response.on('close', () => clearInterval(timer))
}
const given = () => ({env: process.env, settings: read('/settings.txt'), token: read('/run/secrets/token'), runs: read('/runs/log')})
let served = false
const onFirstRequest = () => {
  if (served) return
  served = true
  if (MODE === 'dies-once' && !fs.existsSync('/tmp/died')) setTimeout(() => { fs.writeFileSync('/tmp/died', ''); die() }, 3000)
  if (MODE === 'turns-unhealthy') setTimeout(notReady, 2000)
}
const answer = (request, response) => {
  onFirstRequest()
  const url = new URL(request.url, 'http://app')
  if (url.pathname === '/events') return events(response)
  const more = url.pathname === '/env' ? given() : {}
  const delayMs = Number(url.searchParams.get('d'))
  const status = MODE === 'serves-500s' ? 500 : 200
  const send = () => response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify({version: VERSION, replica, ...more}))
  delayMs > 0 ? setTimeout(send, delayMs) : send()
}
const server = require('http').createServer({keepAliveTimeout: 60000}, (request, response) => request.resume().on('end', () => answer(request, response)))
const listen = () => server.listen(${PORT}, () => {
  if (MODE !== 'never-healthy') ready()
  if (MODE === 'crash-loops') setTimeout(die, 3000)
  if (MODE === 'flaps') setInterval(() => fs.existsSync('/tmp/ready') ? notReady() : ready(), 500)
})
MODE === 'boots-slowly' ? setTimeout(listen, 5000) : listen()
`

/** The compose file of a release, without its name. */
export function stackOf(release: Release, edge: Edge): Record<string, unknown> {
  return {
    services: {app: appService(release, edge), ...release.others},
    ...(release.settings !== undefined && {configs: {settings: {file: './settings.txt'}}}),
    ...(release.token !== undefined && {secrets: {token: {file: './token.txt'}}}),
    ...release.top,
  }
}

/** The files that it names. */
export function filesOf({settings, token}: Release): Record<string, string> {
  return {
    ...(settings !== undefined && {'settings.txt': settings}),
    ...(token !== undefined && {'token.txt': token}),
  }
}

function appService(release: Release, edge: Edge): Record<string, unknown> {
  const {environment, mode = 'good', replicas = REPLICAS, service, updateConfig, version, xStackctl} = release
  return {
    image: NODE_IMAGE,
    command: ['node', '-e', APP.replaceAll('$', '$$$$')],
    environment: {VERSION: version, MODE: mode, ...environment},
    // Cheap to run, so that many may run on a busy machine.
    healthcheck: {
      test: ['CMD', 'test', '-e', '/tmp/ready'],
      interval: '1s',
      timeout: '5s',
      retries: 2,
      ...(mode === 'boots-slowly' && {start_period: '30s'}),
    },
    restart: 'unless-stopped',
    stop_grace_period: '2s',
    ports: [edge.host === LOCAL ? `${LOCAL}:${edge.port}:${PORT}` : `${edge.port}:${PORT}`],
    deploy: {
      replicas,
      update_config: {order: 'start-first', parallelism: 0, monitor: `${MONITOR_MS}ms`, ...updateConfig},
    },
    ...(release.settings !== undefined && {configs: [{source: 'settings', target: '/settings.txt'}]}),
    ...(release.token !== undefined && {secrets: ['token']}),
    ...service,
    'x-stackctl': {
      route: {port: PORT, 'drain-timeout': `${DRAIN_TIMEOUT_MS}ms`},
      gate: {timeout: '5s'},
      ...xStackctl,
    },
  }
}
