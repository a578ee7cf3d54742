import type {FastifyBaseLogger, FastifyInstance} from 'fastify'
import type {Registry} from 'prom-client'

import {setTimeout as delay} from 'node:timers/promises'

import {type Dependency, registerHealth} from './health.js'
import {Lifecycle} from './lifecycle.js'
import {registerMetrics} from './metrics.js'
import {createServer} from './server.js'
import {integerSetting} from './settings.js'

export interface ServiceContext {
  readonly app: FastifyInstance
  readonly log: FastifyBaseLogger
  readonly registry: Registry
  /** Aborted when the process begins to stop. */
  readonly signal: AbortSignal
}

export interface Service {
  readonly dependencies: readonly Dependency[]
  /** Closes connections; called when the last answer is out. */
  close(): Promise<void>
}

export interface ServiceOptions {
  readonly name: string
  readonly port: number
  readonly trustProxy?: string[]
  start(context: ServiceContext): Promise<Service>
}

// Below the stop_grace_period of the compose file (30 s), so that the process ends itself before it is killed.
const STOP_DEADLINE_MS = 27_000
const CLOSE_DEADLINE_MS = 2000
const IDLE_SWEEP_MS = 50

/** Runs a service until SIGTERM or SIGINT, then ends it without losing an answer. */
export async function runService(options: ServiceOptions): Promise<void> {
  try {
    await start(options)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${JSON.stringify({level: 'fatal', service: options.name, time: new Date(), msg: message})}\n`)
    process.exit(1)
  }
}

async function start(options: ServiceOptions): Promise<void> {
  const lifecycle = new Lifecycle()
  const app = createServer({...options, lifecycle})
  const registry = registerMetrics(app, options.name)
  const service = await options.start({app, log: app.log, registry, signal: lifecycle.signal})
  registerHealth(app, service.dependencies, lifecycle)
  // The last answer is out by then: a connection to a database that will not end must not hold the process up.
  app.addHook('onClose', () => Promise.race([service.close(), delay(CLOSE_DEADLINE_MS, undefined, {ref: false})]))
  stopOnSignals(app, lifecycle)
  await app.listen({host: '0.0.0.0', port: integerSetting('PORT', {fallback: options.port, min: 1, max: 65_535})})
}

function stopOnSignals(app: FastifyInstance, lifecycle: Lifecycle): void {
  const stop = (signal: NodeJS.Signals): void => {
    if (lifecycle.stopping) return
    app.log.info({signal}, 'stopping')
    setTimeout(() => {
      app.log.error('answers are still owed at the deadline; closing their connections')
      process.exit(1)
    }, STOP_DEADLINE_MS).unref()
    void finish(app, lifecycle)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

async function finish(app: FastifyInstance, lifecycle: Lifecycle): Promise<void> {
  try {
    await lifecycle.lameDuck()
    // An answer that began before the stop did not announce the end of its connection, which turns idle after it.
    setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP_MS).unref()
    await app.close()
    app.log.info('stopped')
    process.exit(0)
  } catch (error) {
    app.log.error({err: error}, 'could not stop in order')
    process.exit(1)
  }
}
