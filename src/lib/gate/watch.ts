/**
 * The watch over one replica from the moment it serves: it has to stay up, and it must not answer worse than what it
 * replaces. Unlike the monitor it has no window of its own; whoever started it ends it.
 */
import type {Engine} from '../engine/engine.js'

import {inspect, refusal, refuseIfGone, type Watched} from './refusal.js'
import {sleep} from './wait.js'

const LOOK_EVERY_MS = 250

export interface WatchRequest {
  readonly engine: Engine
  /** Id or name. */
  readonly container: string
  /** For messages: `shop-web-r2-1`. */
  readonly replica: string
  /** Ends the watch: that nothing was found so far is its result then. */
  readonly signal: AbortSignal
  /** Why what it answers is too bad to go on, in words that follow its name; undefined while it is not. */
  readonly errors?: (() => Promise<string | undefined>) | undefined
}

/**
 * Resolves when the signal is aborted. Rejects with UnhealthyError, with exit code and last log lines, as soon as the
 * replica is gone, has exited (with 0 as well), restarted, is unhealthy by the engine's account, or `errors` has a reason.
 */
export async function watchReplica(request: WatchRequest): Promise<void> {
  const {errors, signal, ...watched} = request
  try {
    const first = await inspect({...watched, signal})
    while (!signal.aborted) {
      await refuseIfGone({...watched, signal}, first)
      await refuseWorse(watched, errors)
      await sleep(LOOK_EVERY_MS, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function refuseWorse(watched: Watched, errors: WatchRequest['errors']): Promise<void> {
  const reason = await errors?.()
  if (reason !== undefined) throw await refusal(watched, reason)
}
