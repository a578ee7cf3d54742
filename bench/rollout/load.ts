/**
 * The load: keep-alive connections with GETs and POSTs in turn from inside the stack's network, and slow POSTs that are
 * always in flight. Each connection pauses between its requests: a machine that is worked to its limit measures its
 * scheduler. What happened before the update and after it is counted apart.
 */
import type {Place} from './place.js'

import {URL_OF_APP} from './app.js'

export interface LoadOptions {
  readonly connections: number
  readonly pauseMs: number
  /** Duration of the slow requests; 0 = none. */
  readonly slowMs: number
}

/** What a client notices in one phase. Latencies are those of the fast requests. */
export interface PhaseReport {
  readonly ok: number
  readonly failed: number
  /** By kind: `503`, `ECONNRESET`, … */
  readonly failures: Readonly<Record<string, number>>
  readonly p50Ms: number
  readonly p999Ms: number
  readonly worstMs: number
}

export interface LoadReport {
  readonly steady: PhaseReport
  readonly update: PhaseReport
}

export interface Load {
  /** From now on what happens counts as the update. */
  mark(): Promise<void>
  /** Lets what is in flight end. */
  stop(): Promise<LoadReport>
  /** Removes it, whatever it was doing. */
  discard(): Promise<void>
}

const SCRIPT = `
import http from 'node:http'
const {url, connections, pauseMs, slowMs} = JSON.parse(process.env.LOAD)
const agent = new http.Agent({keepAlive: true, maxSockets: connections + 8})
const phases = ['warm', 'steady', 'update'].map(() => ({ok: 0, failures: {}, latencies: []}))
let phase = 0
let running = true
process.on('SIGUSR1', () => { phase = Math.min(phase + 1, 2); console.log(JSON.stringify({phase})) })
process.on('SIGUSR2', () => { running = false })
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const send = (method, delayMs) => new Promise((resolve) => {
  const request = http.request(url + (delayMs ? '?d=' + delayMs : ''), {method, agent, timeout: delayMs + 20000}, (response) => {
    response.on('data', () => {})
    response.on('end', () => resolve(response.statusCode === 200 ? undefined : String(response.statusCode)))
    response.on('error', (error) => resolve(error.code ?? error.message))
  })
  request.on('timeout', () => request.destroy(Object.assign(new Error('no answer'), {code: 'ETIMEDOUT'})))
  request.on('error', (error) => resolve(error.code ?? error.message))
  request.end(method === 'POST' ? 'x'.repeat(200) : undefined)
})
const one = async (method, delayMs) => {
  const started = performance.now()
  const failure = await send(method, delayMs)
  const report = phases[phase]
  if (failure) report.failures[failure] = (report.failures[failure] ?? 0) + 1
  else report.ok++
  if (!delayMs && !failure) report.latencies.push(performance.now() - started)
}
const loop = async (index) => { for (let n = index; running; n++) { await one(n % 2 ? 'POST' : 'GET', 0); await sleep(pauseMs) } }
const slow = async (index) => { await sleep(slowMs * index / 4); while (running) await one('POST', slowMs) }
const loops = [...Array(connections).keys()].map(loop)
if (slowMs > 0) loops.push(...[0, 1, 2, 3].map(slow))
const watch = setInterval(() => { if (phases[0].ok > 50) { console.log(JSON.stringify({warm: true})); clearInterval(watch) } }, 100)
await Promise.all(loops)
const [, steady, update] = phases.map(({ok, failures, latencies}) => {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0)
  return {ok, failed, failures, p50Ms: at(0.5), p999Ms: at(0.999), worstMs: at(1)}
})
console.log(JSON.stringify({report: {steady, update}}))
process.exit(0)`

const STEADY_MS = 5000
let number = 0

/** Starts the load on a network and returns when it has been measured in the steady state. */
export async function startLoad({sandbox}: Place, network: string, options: LoadOptions): Promise<Load> {
  const {engine} = sandbox
  number += 1
  const env = [`LOAD=${JSON.stringify({url: URL_OF_APP, ...options})}`]
  const container = await sandbox.node(`load-${number}`, {network, script: SCRIPT, env})
  const said = async (key: string, count = 1): Promise<Record<string, unknown>> => {
    let left = count
    for await (const {line} of engine.logs(container, {follow: true})) {
      const message = JSON.parse(line) as Record<string, unknown>
      if (key in message) left -= 1
      if (left === 0) return message
    }

    throw new Error(`the load ended without "${key}"`)
  }
  const next = async (phase: number): Promise<void> => {
    await engine.killContainer(container, 'SIGUSR1')
    await said('phase', phase)
  }

  await said('warm')
  await sleep(1000)
  await next(1)
  await sleep(STEADY_MS)
  return {
    mark: () => next(2),
    stop: async () => {
      await engine.killContainer(container, 'SIGUSR2')
      const {report} = await said('report')
      return report as LoadReport
    },
    discard: () => engine.removeContainer(container, {force: true}),
  }
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
