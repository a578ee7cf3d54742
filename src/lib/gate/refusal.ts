/** When a replica is refused whatever its health check says: it is gone, it restarted, or the engine calls it unhealthy. */
import type {ContainerFacts, Engine} from '../engine/engine.js'

import {UnhealthyError} from '../errors.js'
import {lastLines} from '../logs/tail.js'

const LAST_LINES = 20

export interface Watched {
  readonly engine: Engine
  /** Id or name. */
  readonly container: string
  /** For messages: `web-1`. */
  readonly replica: string
  readonly signal?: AbortSignal | undefined
}

/** Throws when the container is gone, exited, restarted or unhealthy by the engine's own account. */
export async function refuseIfGone(request: Watched, first: ContainerFacts): Promise<void> {
  const facts = await inspect(request)
  const {State: state} = facts
  if (!state.Running || state.Restarting) {
    const killed = state.OOMKilled ? ' (out of memory)' : ''
    throw await refusal(
      request,
      `exited with code ${state.ExitCode}${killed}${state.Error ? `: ${state.Error}` : ''}`,
      state.ExitCode,
    )
  }

  if (facts.RestartCount !== first.RestartCount || state.StartedAt !== first.State.StartedAt) {
    throw await refusal(request, `restarted while it was watched (${facts.RestartCount} restarts)`)
  }

  if (state.Health?.Status === 'unhealthy') {
    const output = state.Health.Log.at(-1)?.Output ?? ''
    throw await refusal(request, `is unhealthy: ${firstLine(output) || 'its health check fails'}`)
  }
}

/** The container as it is; UnhealthyError when it is not there. */
export async function inspect(request: Watched): Promise<ContainerFacts> {
  request.signal?.throwIfAborted()
  const facts = await request.engine.inspectContainer(request.container)
  if (facts === undefined) throw new UnhealthyError(`${request.replica} disappeared while it was being checked`)
  return facts
}

/** The error that says why, with the last lines that the replica wrote. */
export async function refusal(request: Watched, reason: string, exitCode?: number): Promise<UnhealthyError> {
  const lines = await lastLines(request.engine, request.container, LAST_LINES)
  return new UnhealthyError(`${request.replica} ${reason}`, {
    facts: {replica: request.replica, exitCode, lastLines: lines},
  })
}

export function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.slice(0, 200) ?? ''
}
