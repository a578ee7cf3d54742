/**
 * The guard of a new replica: from the moment that it serves until the deploy is past the point of no return, whatever else
 * is still going on. One that exits (with 0 as well), restarts or turns unhealthy is noticed within a quarter of a second.
 */
import type {ContainerFacts} from '../engine/engine.js'

import {UnhealthyError} from '../errors.js'
import {refuseRestarted} from './monitor.js'
import {inspect, refusal, refuseIfGone, type Watched} from './refusal.js'
import {sleep} from './wait.js'

const LOOK_EVERY_MS = 250
/** An engine that does not answer says nothing about the replica, for so many looks in a row. */
const BLIND_LOOKS = 20

export interface WatchRequest extends Watched {
  readonly signal: AbortSignal
  /** Asked with every look: what is wrong with its answers; undefined when nothing is. */
  readonly errors?: (() => Promise<string | undefined>) | undefined
}

/** Resolves when it is ended. Throws UnhealthyError with the reason and the last log lines when the replica fails. */
export async function watchReplica({errors, signal, ...replica}: WatchRequest): Promise<void> {
  const look = looker(replica, errors)
  let blind = 0
  while (!signal.aborted) {
    try {
      await look()
      blind = 0
    } catch (error) {
      blind += 1
      if (error instanceof UnhealthyError || blind > BLIND_LOOKS) throw error
    }

    await sleep(LOOK_EVERY_MS, signal).catch(() => {})
  }
}

/** Each look compares with the first one. Looks take no signal: one that is under way when the guard ends says what it sees. */
function looker(replica: Watched, errors: WatchRequest['errors']): () => Promise<void> {
  let first: ContainerFacts | undefined
  return async () => {
    if (first === undefined) {
      await refuseRestarted(replica)
      first = await inspect(replica)
    }

    await refuseIfGone(replica, first)
    const problem = await errors?.()
    if (problem !== undefined) throw await refusal(replica, problem)
  }
}
