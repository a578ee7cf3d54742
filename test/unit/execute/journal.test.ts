import {describe, expect, it} from 'vitest'

import {AtRiskError, UnhealthyError} from '../../../src/lib/errors.js'
import {container, planFor, stackOf} from '../plan/situation.js'
import {fail, recordedRun, warningsOf} from './recorded-run.js'

async function worker(config = '') {
  return planFor({
    stack: await stackOf(`services: {worker: {image: worker, deploy: {update_config: {${config}}}}}`),
    containers: [container('worker', {configHash: 'old'})],
  })
}

describe('the journal', () => {
  it('has every step before it begins and after it ended, taking back included', async () => {
    const lines: string[] = []
    const run = await recordedRun(
      await worker(),
      {
        'create shop-worker-r2-1': async () => void lines.push('(creates)'),
        'check shop-worker-r2-1': fail,
        'remove shop-worker-r2-1': async () => void lines.push('(removes)'),
      },
      {
        async journal({state, step}) {
          // What is not awaited would come too late.
          await new Promise((resolve) => setImmediate(resolve))
          lines.push(`${step} ${state}`)
        },
      },
    )
    expect(run.error).toBeInstanceOf(UnhealthyError)
    expect(lines).toEqual([
      'worker/1/create started',
      '(creates)',
      'worker/1/create done',
      'worker/old-shop-worker-r1-1/stop started',
      'worker/old-shop-worker-r1-1/stop done',
      'worker/1/start started',
      'worker/1/start done',
      'worker/1/gate started',
      'worker/1/gate failed',
      'undo/worker/1/start started',
      'undo/worker/1/start done',
      'undo/worker/old-shop-worker-r1-1/stop started',
      'undo/worker/old-shop-worker-r1-1/stop done',
      'undo/worker/old-shop-worker-r1-1/stop/2 started',
      'undo/worker/old-shop-worker-r1-1/stop/2 done',
      'undo/worker/1/create started',
      '(removes)',
      'undo/worker/1/create done',
    ])
  })

  it('has a step before the step is said to have begun', async () => {
    const order: string[] = []
    const plan = await worker()
    const run = await recordedRun(plan, {}, {journal: async ({state, step}) => void order.push(`${step} ${state}`)})
    const told = run.events.flatMap((event) => (event.type === 'step-started' ? [event.step.id] : []))
    expect(order.filter((line) => line.endsWith(' started'))).toEqual(told.map((id) => `${id} started`))
  })

  it('that cannot be written keeps a step from beginning, and everything is taken back all the same', async () => {
    const run = await recordedRun(
      await worker('failure_action: continue, max_failure_ratio: 1'),
      {},
      {
        async journal({step}) {
          if (step === 'worker/1/start' || step.startsWith('undo/')) throw new Error('the disk is full')
        },
      },
    )
    expect((run.error as Error).message).toBe('the disk is full')
    expect(run.error).not.toBeInstanceOf(AtRiskError)
    expect(run.performed).toEqual([
      'create shop-worker-r2-1',
      'stop shop-worker-r1-1',
      'start shop-worker-r1-1',
      'check shop-worker-r1-1',
      'remove shop-worker-r2-1',
    ])
    expect(warningsOf(run)[0]).toBe('W_JOURNAL the journal could not be written: the disk is full')
  })
})
