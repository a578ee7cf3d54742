import {describe, expect, it} from 'vitest'

import type {StackEvent} from '../../../src/lib/events.js'
import type {Operation, Plan, Step} from '../../../src/lib/plan/plan.js'

import {AtRiskError, InterruptedError, UnhealthyError} from '../../../src/lib/errors.js'
import {executePlan} from '../../../src/lib/execute/execute.js'

type Behaviour = Record<string, (signal: AbortSignal) => Promise<void>>

/** An operation that only has a name; the recording `perform` below knows no other. */
const named = (name: string): Operation => ({kind: 'remove-network', network: name})
const nameOf = (operation: Operation): string => (operation as {network: string}).network

function step(id: string, needs: string[] = [], changes: Partial<Step> = {}): Step {
  return {
    id,
    operation: named(id),
    because: 'test',
    needs,
    undo: [named(`undo ${id}`)],
    undoWhen: 'any-failure',
    service: undefined,
    ...changes,
  }
}

function planOf(...steps: Step[]): Plan {
  return {project: 'test', release: 1, changes: [], steps, policies: {}, warnings: []}
}

async function run(plan: Plan, behaviour: Behaviour = {}, options: {signal?: AbortSignal; concurrency?: number} = {}) {
  const performed: string[] = []
  const events: StackEvent[] = []
  let running = 0
  let most = 0
  const error = await executePlan({
    plan,
    emit: (event) => events.push(event),
    signal: options.signal ?? new AbortController().signal,
    ...(options.concurrency !== undefined && {concurrency: options.concurrency}),
    async perform(operation, {signal}) {
      performed.push(nameOf(operation))
      running += 1
      most = Math.max(most, running)
      try {
        await Promise.resolve()
        await behaviour[nameOf(operation)]?.(signal)
      } finally {
        running -= 1
      }
    },
  }).then(
    () => undefined,
    (error_: unknown) => error_,
  )
  return {performed, events, error, most}
}

const fail = async () => {
  throw new UnhealthyError('web is broken')
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

describe('executing a plan', () => {
  it('runs a step only after everything it needs has succeeded', async () => {
    const {performed, error} = await run(planOf(step('c', ['a', 'b']), step('a'), step('b', ['a'])))
    expect(performed).toEqual(['a', 'b', 'c'])
    expect(error).toBeUndefined()
  })

  it('runs no more steps at a time than allowed', async () => {
    const {most} = await run(planOf(...['a', 'b', 'c', 'd', 'e'].map((id) => step(id))), {}, {concurrency: 2})
    expect(most).toBe(2)
  })

  it('undoes what succeeded in reverse order, the failed step included, and throws the first error', async () => {
    const {performed, error} = await run(planOf(step('a'), step('b', ['a']), step('c', ['b']), step('d', ['c'])), {
      c: fail,
    })
    expect(performed).toEqual(['a', 'b', 'c', 'undo c', 'undo b', 'undo a'])
    expect(error).toBeInstanceOf(UnhealthyError)
  })

  it('ends the steps that run beside a failing one and undoes them as well', async () => {
    const {performed, events} = await run(planOf(step('slow'), step('bad')), {slow: untilAborted, bad: fail})
    expect(performed).toContain('undo slow')
    const failed = events.filter((event) => event.type === 'step-failed')
    expect(failed.map((event) => event.error.code)).toEqual(['E_UNHEALTHY', 'E_CANCELLED'])
  })

  it('says that traffic may be at risk when undoing fails too, and still undoes the rest', async () => {
    const {performed, error} = await run(planOf(step('a'), step('b', ['a']), step('c', ['b'])), {
      c: fail,
      'undo b': fail,
    })
    expect(performed).toEqual(['a', 'b', 'c', 'undo c', 'undo b', 'undo a'])
    expect(error).toBeInstanceOf(AtRiskError)
    expect((error as AtRiskError).exit).toBe(7)
  })

  it('keeps what is complete and undoes what is half-made where a step is undone for its own service only', async () => {
    const own = {undoWhen: 'own-failure' as const}
    const plan = planOf(
      step('db', [], {...own, service: 'db'}),
      step('web 1', ['db'], {...own, service: 'web'}),
      step('web 2', ['web 1'], {...own, service: 'web'}),
    )
    const {performed} = await run(plan, {'web 2': fail})
    expect(performed).toEqual(['db', 'web 1', 'web 2', 'undo web 2', 'undo web 1'])
  })

  it('undoes nothing after the point of no return', async () => {
    const {performed, error} = await run(planOf(step('swap'), step('tidy', ['swap'], {undoWhen: 'never', undo: []})), {
      tidy: fail,
    })
    expect(performed).toEqual(['swap', 'tidy'])
    expect((error as Error).message).toContain('the new release serves')
  })

  it('takes everything back when it is interrupted, and reports the interruption', async () => {
    const controller = new AbortController()
    const interrupted = new InterruptedError('SIGINT')
    const {performed, error} = await run(
      planOf(step('a'), step('b', ['a']), step('c', ['b'])),
      {
        b: async (signal) => {
          controller.abort(interrupted)
          signal.throwIfAborted()
        },
      },
      {signal: controller.signal},
    )
    expect(performed).toEqual(['a', 'b', 'undo b', 'undo a'])
    expect(error).toBe(interrupted)
  })

  it('reports every step that did not run', async () => {
    const {events} = await run(planOf(step('a'), step('b', ['a']), step('c', ['b'])), {a: fail})
    expect(events.filter((event) => event.type === 'step-skipped').map((event) => event.step.id)).toEqual(['b', 'c'])
  })
})
