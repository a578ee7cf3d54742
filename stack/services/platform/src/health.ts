import type {FastifyInstance} from 'fastify'

import type {Lifecycle} from './lifecycle.js'

export interface Dependency {
  readonly name: string
  /** Without a required dependency the service is not ready; without any other it is `degraded`, and still serves. */
  readonly required: boolean
  check(): Promise<void>
}

interface CheckResult {
  readonly status: 'down' | 'up'
  readonly latencyMs: number
  readonly error?: string
}

const CHECK_TIMEOUT_MS = 2000

/** `/health/live`: the process answers. `/health/ready`: its own dependencies answer too, and it is not stopping. */
export function registerHealth(app: FastifyInstance, dependencies: readonly Dependency[], lifecycle: Lifecycle): void {
  app.get('/health/live', () => ({status: 'alive'}))
  app.get('/health/ready', async (_request, reply) => {
    if (lifecycle.stopping) return reply.code(503).send({status: 'stopping', checks: {}})
    const results = await Promise.all(dependencies.map((dependency) => run(dependency)))
    const checks = Object.fromEntries(dependencies.map(({name}, index) => [name, results[index]]))
    const down = dependencies.filter((_dependency, index) => results[index]?.status === 'down')
    if (down.some(({required}) => required)) return reply.code(503).send({status: 'unavailable', checks})
    return {status: down.length > 0 ? 'degraded' : 'ready', checks}
  })
}

async function run(dependency: Dependency): Promise<CheckResult> {
  const startedAt = performance.now()
  const latencyMs = (): number => Math.round((performance.now() - startedAt) * 10) / 10
  const deadline = Promise.withResolvers<never>()
  const timer = setTimeout(() => deadline.reject(new Error(`no answer in ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS)
  try {
    await Promise.race([dependency.check(), deadline.promise])
    return {status: 'up', latencyMs: latencyMs()}
  } catch (error) {
    return {status: 'down', latencyMs: latencyMs(), error: error instanceof Error ? error.message : String(error)}
  } finally {
    clearTimeout(timer)
  }
}
