import {describe, expect, it} from 'vitest'

import type {Plan} from '../../../src/lib/plan/plan.js'

import {AtRiskError, InterruptedError, PausedError, UnhealthyError} from '../../../src/lib/errors.js'
import {container, planFor, stackOf} from '../plan/situation.js'
import {fail, moment, recordedRun, untilCancelled, warningsOf} from './recorded-run.js'

const routed = (name: string, deploy: string, port: number): string =>
  `  ${name}: {image: ${name}, expose: ["${port}"], x-stackctl: {route: {port: ${port}}}, deploy: {${deploy}}}\n`

async function replaced(services: string, replicas: Readonly<Record<string, number>>): Promise<Plan> {
  return planFor({
    stack: await stackOf(`services:\n${services}`),
    containers: Object.entries(replicas).flatMap(([name, count]) =>
      Array.from({length: count}, (_, index) =>
        container(name, {configHash: 'old', number: index + 1, published: true}),
      ),
    ),
  })
}

const web = (config: string, replicas = 3) =>
  replaced(routed('web', `replicas: ${replicas}, update_config: {${config}}`, 80), {web: replicas})

describe('max_failure_ratio', () => {
  it('lets a replica fail: it is left unpublished with its real restart policy, and the rest goes on without it', async () => {
    const run = await recordedRun(await web('max_failure_ratio: 0.34'), {'check shop-web-r2-2': fail})
    expect(run.error).toBeUndefined()
    expect(run.result).toMatchObject({
      givenUp: [{service: 'web', replica: 'shop-web-r2-2', error: 'it is broken'}],
      exceeded: [],
    })
    expect(run.performed.filter((name) => name.includes('web-r2-2'))).toEqual([
      'create shop-web-r2-2',
      'start shop-web-r2-2',
      'check shop-web-r2-2',
      'accept shop-web-r2-2',
    ])
    expect(run.performed).toContain('publish shop-web-r2-3')
    expect(run.performed).toContain('remove shop-web-r1-2')
    expect(warningsOf(run)).toEqual([
      'W_GIVEN_UP it is broken; shop-web-r2-2 was given up and stays, unpublished, to be looked at',
    ])
    const skipped = run.events.flatMap((event) => (event.type === 'step-skipped' ? [event.step.id] : []))
    expect(skipped).toEqual(['web/2/accept', 'web/2/publish'])
  })

  it('takes everything back with the replica that is one too many, those given up included', async () => {
    const run = await recordedRun(await web('max_failure_ratio: 0.34'), {
      'check shop-web-r2-1': fail,
      'check shop-web-r2-2': fail,
    })
    expect(run.error).toBeInstanceOf(UnhealthyError)
    expect(run.performed.filter((name) => name.startsWith('remove'))).toEqual([
      'remove shop-web-r2-3',
      'remove shop-web-r2-2',
      'remove shop-web-r2-1',
    ])
    expect(run.performed).toContain('publish shop-web-r1-1')
    expect(run.performed).not.toContain('start shop-web-r2-3')
  })

  it('never takes the last one: a release without a single new replica is taken back', async () => {
    const run = await recordedRun(await web('max_failure_ratio: 1', 2), {
      'check shop-web-r2-1': fail,
      'check shop-web-r2-2': fail,
    })
    expect(run.error).toBeInstanceOf(UnhealthyError)
    expect(run.performed).not.toContain('drain shop-web-r1-2')
    expect(run.performed).toContain('publish shop-web-r1-1')
  })
})

describe('failure_action continue', () => {
  it('goes on, and says that more failed than may', async () => {
    const run = await recordedRun(await web('failure_action: continue'), {
      'check shop-web-r2-1': fail,
      'start shop-web-r2-2': fail,
    })
    expect(run.error).toBeUndefined()
    expect(run.result?.givenUp.map(({replica}) => replica)).toEqual(['shop-web-r2-1', 'shop-web-r2-2'])
    expect(run.result?.exceeded).toEqual(['web'])
  })

  it('takes everything back when a replica cannot be given up', async () => {
    const run = await recordedRun(await web('failure_action: continue'), {
      'check shop-web-r2-1': fail,
      'accept shop-web-r2-1': fail,
    })
    expect(run.error).toBeInstanceOf(UnhealthyError)
    expect(run.performed.at(-1)).toBe('remove shop-web-r2-1')
  })
})

describe('failure_action pause', () => {
  it('starts nothing new, removes the half-made replica, and leaves what serves as it is', async () => {
    const run = await recordedRun(await web('failure_action: pause'), {'check shop-web-r2-2': fail})
    expect(run.error).toBeInstanceOf(PausedError)
    expect(run.error).toMatchObject({
      code: 'E_PAUSED',
      exit: 6,
      suggestions: ['stackctl resume goes on', 'stackctl abort takes it back'],
    })
    const after = run.performed.slice(run.performed.indexOf('check shop-web-r2-2') + 1)
    expect(after).toEqual(['remove shop-web-r2-2'])
    expect(run.performed).toContain('publish shop-web-r2-1')
  })

  it('lets what runs already come to its end, and cuts a mere delay short', async () => {
    const release = moment()
    const services =
      routed('api', 'update_config: {}', 81) +
      routed('web', 'replicas: 2, update_config: {failure_action: pause}', 80) +
      routed('zoo', 'replicas: 2, update_config: {delay: 1h}', 82)
    const plan = await replaced(services, {api: 1, web: 2, zoo: 2})
    const run = await recordedRun(
      plan,
      {
        'check shop-web-r2-1': async () => {
          await release.promise
          await fail()
        },
        'wait 3600 s': async (signal) => {
          release.now()
          await untilCancelled(signal)
        },
        'check shop-api-r2-1': async () => release.promise,
      },
      {concurrency: 9},
    )
    expect(run.error).toBeInstanceOf(PausedError)
    const endedWell = run.events.flatMap((event) => (event.type === 'step-done' ? [event.step.id] : []))
    expect(endedWell).toContain('api/1/gate')
    expect(run.performed).not.toContain('publish shop-api-r2-1')
    expect(run.performed).toContain('remove shop-web-r2-1')
  })

  it('gives way to rollback when another service fails that asks for it: the strictest action counts', async () => {
    const services =
      routed('api', 'update_config: {}', 81) + routed('web', 'replicas: 2, update_config: {failure_action: pause}', 80)
    const webFailed = moment()
    const run = await recordedRun(await replaced(services, {api: 1, web: 2}), {
      'check shop-web-r2-1': async () => {
        webFailed.now()
        await fail()
      },
      'check shop-api-r2-1': async () => {
        await webFailed.promise
        throw new UnhealthyError('api is broken')
      },
    })
    expect(run.error).toBeInstanceOf(UnhealthyError)
    expect((run.error as Error).message).toBe('api is broken')
    expect(run.performed.filter((name) => name.startsWith('remove')).toSorted()).toEqual([
      'remove shop-api-r2-1',
      'remove shop-web-r2-1',
      'remove shop-web-r2-2',
    ])
  })

  it('that cannot remove the half-made replica says that it is at risk', async () => {
    const run = await recordedRun(await web('failure_action: pause'), {
      'check shop-web-r2-1': fail,
      'remove shop-web-r2-1': fail,
    })
    expect(run.error).toBeInstanceOf(AtRiskError)
  })
})

describe('taking back', () => {
  it('is exit 7 when it fails, says so in its facts, and names the one command to run', async () => {
    const run = await recordedRun(await web('monitor: 1s', 1), {
      'watch 1 new replica for 1 s': fail,
      'publish shop-web-r1-1': fail,
    })
    expect(run.error).toBeInstanceOf(AtRiskError)
    expect(run.error).toMatchObject({
      exit: 7,
      message: 'it is broken; undoing it failed as well: publish shop-web-r1-1: it is broken',
      facts: {state: 'rollback-failed'},
      suggestions: ['stackctl abort takes it back again, once the cause is gone'],
    })
    // The new replica is all that serves: it is neither drained nor removed.
    expect(run.performed).not.toContain('drain shop-web-r2-1')
    expect(run.performed).not.toContain('remove shop-web-r2-1')
  })

  it('publishes every old replica before it waits for any new one', async () => {
    const drained = moment()
    const run = await recordedRun(await web('monitor: 1s', 2), {
      'watch 2 new replicas for 1 s': fail,
      'drain shop-web-r2-1': async () => drained.promise,
      'drain shop-web-r2-2': async () => drained.now(),
    })
    expect(run.error).toBeInstanceOf(UnhealthyError)
    const after = run.performed.slice(run.performed.indexOf('watch 2 new replicas for 1 s') + 1)
    expect(after).toEqual([
      'publish shop-web-r1-1',
      'publish shop-web-r1-2',
      'drain shop-web-r2-1',
      'drain shop-web-r2-2',
      'remove shop-web-r2-2',
      'remove shop-web-r2-1',
    ])
  })

  it('brings old replicas back while a container of another service still takes its time to stop', async () => {
    const drained = moment()
    const published = moment()
    const plan = planFor({
      stack: await stackOf(`
services:
  db: {image: db, volumes: [{type: volume, source: data, target: /data}]}
${routed('web', 'replicas: 1', 80)}volumes: {data: {name: shop_data}}
`),
      containers: [container('db', {configHash: 'old'}), container('web', {configHash: 'old', published: true})],
    })
    const run = await recordedRun(plan, {
      'stop shop-db-r1-1': async () => published.promise,
      'watch shop-web-r2-1': async () => {
        await drained.promise
        await fail()
      },
      'drain shop-web-r1-1': async () => drained.now(),
      'publish shop-web-r1-1': async () => published.now(),
    })
    expect(run.error).toBeInstanceOf(UnhealthyError)
    // What is taken back of the other service waits until it has stopped.
    const after = run.performed.slice(run.performed.indexOf('publish shop-web-r1-1'))
    expect(after.filter((name) => name.includes('db'))).toEqual([
      'start shop-db-r1-1',
      'check shop-db-r1-1',
      'remove shop-db-r2-1',
    ])
  })

  it('is not ended by the signal that ended the deploy', async () => {
    const controller = new AbortController()
    const interrupted = new InterruptedError('SIGINT')
    const signals: boolean[] = []
    const run = await recordedRun(
      await web('monitor: 1s', 1),
      {
        'watch 1 new replica for 1 s': async (signal) => {
          controller.abort(interrupted)
          await untilCancelled(signal)
        },
        'publish shop-web-r1-1': async (signal) => void signals.push(signal.aborted),
      },
      {signal: controller.signal},
    )
    expect(run.error).toBe(interrupted)
    expect(signals).toEqual([false])
    expect(run.performed.at(-1)).toBe('remove shop-web-r2-1')
  })

  it('stops at the first failure where rollback_config says pause, and tolerates what its ratio allows', async () => {
    const plan = (config: string) =>
      replaced(routed('web', `replicas: 2, rollback_config: {${config}}, update_config: {monitor: 1s}`, 80), {web: 2})
    const behaviour = {'watch 2 new replicas for 1 s': fail, 'publish shop-web-r1-1': fail}
    const paused = await recordedRun(await plan('failure_action: pause'), behaviour)
    expect(paused.error).toBeInstanceOf(AtRiskError)
    expect(paused.performed.at(-1)).toBe('publish shop-web-r1-2')
    const tolerated = await recordedRun(await plan('failure_action: pause, max_failure_ratio: 0.5'), behaviour)
    expect(tolerated.error).toBeInstanceOf(UnhealthyError)
    expect(tolerated.performed.at(-1)).toBe('remove shop-web-r2-1')
  })
})
