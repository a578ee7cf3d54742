import {describe, expect, it} from 'vitest'

import type {Plan} from '../../../src/lib/plan/plan.js'

import {PausedError, UnhealthyError} from '../../../src/lib/errors.js'
import {container, planFor, stackOf} from '../plan/situation.js'
import {fail, moment, recordedRun, untilCancelled, untilEnded} from './recorded-run.js'

/** `api` is done before `web` begins. */
async function twoServices(api: string): Promise<Plan> {
  const stack = await stackOf(`
services:
  api: {image: api, expose: ["81"], x-stackctl: {route: {port: 81}}, deploy: {${api}}}
  web:
    image: web
    expose: ["80"]
    depends_on: {api: {condition: service_healthy}}
    x-stackctl: {route: {port: 80}}
`)
  const replicas = stack.services.find(({name}) => name === 'api')?.replicas ?? 1
  const api1 = Array.from({length: replicas}, (_, index) =>
    container('api', {configHash: 'old', number: index + 1, published: true}),
  )
  return planFor({stack, containers: [...api1, container('web', {configHash: 'old', published: true})]})
}

describe('a published replica that fails while another service is still being checked', () => {
  it('takes everything back at once: nobody waits for the check', async () => {
    const checking = moment()
    const run = await recordedRun(await twoServices('update_config: {}'), {
      'check shop-web-r2-1': async (signal) => {
        checking.now()
        await untilCancelled(signal)
      },
      'watch shop-api-r2-1': async () => {
        await checking.promise
        throw new UnhealthyError('shop-api-r2-1 exited with code 1')
      },
    })
    expect((run.error as Error).message).toBe('shop-api-r2-1 exited with code 1')
    expect(run.performed).toContain('publish shop-api-r1-1')
    expect(run.performed).not.toContain('publish shop-web-r2-1')
    expect(run.events).toContainEqual(
      expect.objectContaining({
        type: 'step-failed',
        step: {id: 'api/1/publish/guard', title: 'watch shop-api-r2-1', service: 'api'},
      }),
    )
  })

  it('is unpublished when it may be given up, and the deploy goes on', async () => {
    const withdrawn = moment()
    const run = await recordedRun(await twoServices('replicas: 2, update_config: {max_failure_ratio: 0.5}'), {
      'watch shop-api-r2-1': fail,
      'drain shop-api-r2-1': async () => withdrawn.now(),
      'check shop-web-r2-1': async () => withdrawn.promise,
    })
    expect(run.error).toBeUndefined()
    expect(run.result?.givenUp.map(({replica}) => replica)).toEqual(['shop-api-r2-1'])
    expect(run.performed.filter((name) => name.endsWith('shop-api-r2-1')).slice(-2)).toEqual([
      'drain shop-api-r2-1',
      'accept shop-api-r2-1',
    ])
    expect(run.performed).toContain('remove shop-web-r1-1')
  })

  it('is unpublished at once and removed at the end where its service pauses', async () => {
    const checking = moment()
    const withdrawn = moment()
    const run = await recordedRun(await twoServices('replicas: 2, update_config: {failure_action: pause}'), {
      async 'check shop-api-r2-2'() {
        checking.now()
        // It comes to its end; what fails meanwhile must not serve until then.
        await withdrawn.promise
      },
      async 'watch shop-api-r2-1'() {
        await checking.promise
        await fail()
      },
      'drain shop-api-r2-1': async () => withdrawn.now(),
    })
    expect(run.error).toBeInstanceOf(PausedError)
    expect(run.performed.at(-1)).toBe('remove shop-api-r2-1')
    expect(run.performed).not.toContain('drain shop-api-r1-2')
    expect(run.performed).not.toContain('remove shop-api-r2-2')
  })
})

describe('guards', () => {
  it('end before the first step past the point of no return begins', async () => {
    const order: string[] = []
    const guard = async (signal: AbortSignal) => {
      await untilEnded(signal)
      await Promise.resolve()
      order.push('guard ended')
    }
    const run = await recordedRun(await twoServices('update_config: {}'), {
      'watch shop-api-r2-1': guard,
      'watch shop-web-r2-1': guard,
      'stop shop-api-r1-1': async () => void order.push('old one stops'),
    })
    expect(run.error).toBeUndefined()
    expect(order).toEqual(['guard ended', 'guard ended', 'old one stops'])
  })

  it('fail the deploy in the monitor window too, which only waits', async () => {
    const watching = moment()
    const run = await recordedRun(await twoServices('update_config: {monitor: 9s}'), {
      'watch 2 new replicas for 9 s': async (signal) => {
        watching.now()
        await untilCancelled(signal)
      },
      'watch shop-web-r2-1': async () => {
        await watching.promise
        await fail()
      },
    })
    expect(run.error).toBeInstanceOf(UnhealthyError)
    expect(run.performed).toContain('publish shop-api-r1-1')
    expect(run.performed).toContain('publish shop-web-r1-1')
  })
})
