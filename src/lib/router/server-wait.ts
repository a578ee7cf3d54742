/** Waiting for what the running HAProxy makes of its servers: until they are up, until nothing is in flight to them. */
import type {RouterRuntime} from './runtime.js'
import type {PlacedServer} from './table.js'

import {EngineError} from '../errors.js'
import {sleep, until} from '../gate/wait.js'
import {isUp} from './server-state.js'

const UP_DEADLINE_MS = 15_000
const POLL_MS = 50

export interface DrainResult {
  /** False: the drain timeout ended the wait and `remaining` requests were still in flight. */
  readonly drained: boolean
  readonly remaining: number
  readonly waitedMs: number
}

export interface UpOptions {
  /** Where the servers have to be; undefined = anywhere. */
  readonly addresses?: readonly string[]
  readonly signal?: AbortSignal | undefined
}

/** Waits until each of these servers is up in the running HAProxy. Throws EngineError naming those that are not within 15 s. */
export async function awaitUp(
  runtime: RouterRuntime,
  wanted: readonly PlacedServer[],
  {addresses, signal}: UpOptions = {},
): Promise<void> {
  let missing: string[] = []
  const areAllUp = async (): Promise<boolean> => {
    if (wanted.length === 0) return true
    const states = await runtime.serverStates()
    const isThere = (want: PlacedServer): boolean =>
      states.some((state) => isUp(state, want) && (addresses?.includes(state.address) ?? true))
    missing = wanted.filter((want) => !isThere(want)).map((want) => `${want.container} (${want.backend})`)
    return missing.length === 0
  }

  await until(areAllUp, {
    deadlineMs: UP_DEADLINE_MS,
    pollMs: POLL_MS,
    signal,
    failure: () =>
      new EngineError(`the router cannot reach ${missing.join(', ')}`, {
        suggestions: ['Does the service listen on its port on all interfaces?'],
      }),
  })
}

/** Waits until nothing is in flight to any of these servers, or until the timeout. */
export async function awaitDrained(
  runtime: RouterRuntime,
  servers: readonly {backend: string; slot: number}[],
  options: {drainTimeoutMs: number; signal?: AbortSignal | undefined},
): Promise<DrainResult> {
  const started = performance.now()
  let remaining = await sessionsOn(runtime, servers)
  while (remaining > 0 && performance.now() - started < options.drainTimeoutMs) {
    await sleep(POLL_MS, options.signal)
    remaining = await sessionsOn(runtime, servers)
  }

  return {drained: remaining === 0, remaining, waitedMs: Math.round(performance.now() - started)}
}

async function sessionsOn(
  runtime: RouterRuntime,
  servers: readonly {backend: string; slot: number}[],
): Promise<number> {
  if (servers.length === 0) return 0
  const {sessions} = await runtime.usage()
  return servers.reduce((sum, {backend, slot}) => sum + (sessions.get(`${backend}/${slot}`) ?? 0), 0)
}
