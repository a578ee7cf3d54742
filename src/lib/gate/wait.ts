/** Waiting that can be cancelled. Everything that waits takes a signal; nothing waits without a deadline. */
import {setTimeout as delay} from 'node:timers/promises'

/** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  try {
    await delay(ms, undefined, signal ? {signal} : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

/** Asks until the answer is yes. Throws what `failure` makes when the deadline passes. */
export async function until(
  ask: () => Promise<boolean>,
  options: {deadlineMs: number; pollMs: number; signal?: AbortSignal | undefined; failure: () => Error},
): Promise<void> {
  const end = performance.now() + options.deadlineMs
  while (!(await ask())) {
    if (performance.now() >= end) throw options.failure()
    await sleep(options.pollMs, options.signal)
  }
}
