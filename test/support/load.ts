/**
 * A load from inside the stack's networks: keep-alive connections with GETs and POSTs mixed, and always one slow request
 * in flight. It counts what a client would notice.
 */
import type {Sandbox} from './sandbox.js'

export interface LoadReport {
  readonly ok: number
  readonly failed: number
  /** Failures by kind: `503`, `ECONNRESET`, … */
  readonly failures: Readonly<Record<string, number>>
  readonly worstMs: number
  /** How often each body was answered: which release served. */
  readonly bodies: Readonly<Record<string, number>>
}

export interface Load {
  /** Returns once requests succeed. */
  warm(): Promise<void>
  /** Lets what is in flight end and answers what happened. */
  stop(): Promise<LoadReport>
}

export interface LoadOptions {
  readonly url: string
  readonly connections: number
  /** Duration of the slow request that is always in flight; asked for by `?d=`. */
  readonly slowMs: number
  readonly network: string
  /** False opens a connection for every request; default true. */
  readonly keepAlive?: boolean
}

const SCRIPT = `
import http from 'node:http'
const {url, connections, slowMs, keepAlive} = JSON.parse(process.env.LOAD)
const agent = new http.Agent({keepAlive, maxSockets: connections + 4})
const report = {ok: 0, failed: 0, failures: {}, worstMs: 0, bodies: {}}
let running = true
process.on('SIGUSR2', () => { running = false })
const fail = (kind) => { report.failed++; report.failures[kind] = (report.failures[kind] ?? 0) + 1 }
const one = (method, delayMs) => new Promise((resolve) => {
  const started = performance.now()
  const request = http.request(url + (delayMs ? '?d=' + delayMs : ''), {method, agent, timeout: delayMs + 20000}, (response) => {
    let body = ''
    response.on('data', (chunk) => { body += chunk })
    response.on('end', () => {
      if (response.statusCode === 200) { report.ok++; const key = body.slice(0, 40); report.bodies[key] = (report.bodies[key] ?? 0) + 1 } else fail(String(response.statusCode))
      if (!delayMs) report.worstMs = Math.max(report.worstMs, performance.now() - started)
      resolve()
    })
    response.on('error', (error) => { fail(error.code ?? error.message); resolve() })
  })
  request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), {code: 'ETIMEDOUT'})))
  request.on('error', (error) => { fail(error.code ?? error.message); resolve() })
  request.end(method === 'POST' ? 'x'.repeat(200) : undefined)
})
const loop = async (index) => { for (let n = index; running; n++) await one(n % 2 ? 'POST' : 'GET', 0) }
const slow = async () => { while (running) await one('POST', slowMs) }
setInterval(() => console.log(JSON.stringify({progress: report.ok})), 200).unref()
await Promise.all([...Array(connections).keys()].map(loop).concat([slow(), new Promise((r) => setTimeout(r, slowMs / 2)).then(slow)]))
console.log(JSON.stringify({report}))
process.exit(0)`

let number = 0

/** Starts the load in a container of the sandbox. */
export async function startLoad(sandbox: Sandbox, options: LoadOptions): Promise<Load> {
  number += 1
  const {connections, keepAlive = true, slowMs, url} = options
  const settings = JSON.stringify({url, connections, slowMs, keepAlive})
  const container = await sandbox.node(`load-${number}`, {
    network: options.network,
    script: SCRIPT,
    env: [`LOAD=${settings}`],
  })
  return {
    warm: async () => {
      for await (const {line} of sandbox.engine.logs(container, {follow: true})) {
        const {progress} = JSON.parse(line) as {progress?: number}
        if (progress !== undefined && progress > 20) return
      }

      throw new Error('the load ended before it was warm')
    },
    stop: async () => {
      await sandbox.engine.killContainer(container, 'SIGUSR2')
      await sandbox.engine.waitContainer(container)
      let last = ''
      for await (const {line} of sandbox.engine.logs(container, {tail: 1})) last = line
      const {report} = JSON.parse(last) as {report?: LoadReport}
      if (report === undefined) throw new Error(`the load did not report: ${last}`)
      return report
    },
  }
}
