/** Carries a plan out with operations that only have names, and records everything. */
import type {StackEvent} from '../../../src/lib/events.js'
import type {ExecuteResult, Journal} from '../../../src/lib/execute/execute.js'
import type {Plan} from '../../../src/lib/plan/plan.js'

import {UnhealthyError} from '../../../src/lib/errors.js'
import {executePlan} from '../../../src/lib/execute/execute.js'
import {formatOperation} from '../../../src/lib/plan/format.js'

/** By what the operation is called: `check shop-web-r2-1`. One that is not here succeeds; a guard stays until it is ended. */
export type Behaviour = Readonly<Record<string, (signal: AbortSignal) => Promise<void>>>

export interface Recorded {
  /** What was done, in the order in which it began; guards are not among it. */
  readonly performed: readonly string[]
  readonly events: readonly StackEvent[]
  readonly error: unknown
  readonly result: ExecuteResult | undefined
}

export async function recordedRun(
  plan: Plan,
  behaviour: Behaviour = {},
  options: {signal?: AbortSignal; concurrency?: number; journal?: Journal} = {},
): Promise<Recorded> {
  const performed: string[] = []
  const events: StackEvent[] = []
  const ended = await executePlan({
    plan,
    emit: (event) => events.push(event),
    signal: options.signal ?? new AbortController().signal,
    journal: options.journal,
    ...(options.concurrency !== undefined && {concurrency: options.concurrency}),
    async perform(operation, {signal}) {
      const name = formatOperation(operation)
      if (operation.kind !== 'watch') performed.push(name)
      await Promise.resolve()
      const act = behaviour[name] ?? (operation.kind === 'watch' ? untilEnded : undefined)
      await act?.(signal)
    },
  }).then(
    (result) => ({result, error: undefined}),
    (error: unknown) => ({result: undefined, error}),
  )
  return {performed, events, ...ended}
}

export const fail = async (): Promise<never> => {
  throw new UnhealthyError('it is broken')
}

/** Rejects when it is cancelled, as a gate does. */
export const untilCancelled = async (signal: AbortSignal): Promise<void> => {
  await untilEnded(signal)
  throw signal.reason as Error
}

/** Resolves when it is ended, as a guard does. */
export async function untilEnded(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), {once: true})
  })
}

/** Something that happens when the test says so. */
export function moment(): {readonly promise: Promise<undefined>; readonly now: () => void} {
  const {promise, resolve} = Promise.withResolvers<undefined>()
  return {promise, now: () => resolve(undefined)}
}

/** Codes and messages of the warnings. */
export function warningsOf({events}: Recorded): string[] {
  return events.flatMap((event) => (event.type === 'warning' ? [`${event.code} ${event.message}`] : []))
}
