import {describe, expect, it} from 'vitest'

import type {Plan} from '../../../src/lib/plan/plan.js'

import {answerTo, answerToUndo, giveUpOperations, maxFailures} from '../../../src/lib/plan/failure.js'
import {planUndo} from '../../../src/lib/plan/undo.js'
import {container, planFor, stackOf} from './situation.js'

const web = async (replicas: number, config: string) =>
  stackOf(`
services:
  web:
    image: web
    expose: ["80"]
    x-stackctl: {route: {port: 80}, soak: 1s}
    deploy: {replicas: ${replicas}, ${config}}
`)

const old = (number: number) => container('web', {configHash: 'old', number, published: true})

async function replaced(replicas: number, config: string): Promise<Plan> {
  return planFor({
    stack: await web(replicas, config),
    containers: Array.from({length: replicas}, (_, index) => old(index + 1)),
  })
}

/** What the failure of the last of these means, when all before it were given up and these steps are done. */
function answer(plan: Plan, lost: readonly string[], done: readonly string[] = []): string {
  const failed = plan.steps.find((step) => step.id === `${lost.at(-1)}/gate`)
  if (failed === undefined) throw new Error('no such lane')
  return answerTo(plan, failed, {lost: new Set(lost), begun: new Set(done), done: new Set(done)})
}

const upTo = (plan: Plan, id: string): string[] => {
  const ids = plan.steps.map((step) => step.id)
  return ids.slice(0, ids.indexOf(id) + 1)
}

describe('the steps of one replica', () => {
  it('are one lane, from its creation until it is published', async () => {
    const {steps} = await replaced(2, 'update_config: {parallelism: 1}')
    const lane = steps.filter((step) => step.lane === 'web/2').map((step) => step.id)
    expect(lane).toEqual(['create', 'start', 'gate', 'soak', 'accept', 'publish'].map((what) => `web/2/${what}`))
    expect(steps.filter((step) => step.id.includes('/old-')).every((step) => step.lane === undefined)).toBe(true)
  })

  it('say what becomes of it when it is given up: unpublished if it serves, its real restart policy if it exists', async () => {
    const plan = await replaced(2, 'update_config: {parallelism: 1}')
    const kinds = (completed: string[]) => giveUpOperations(plan, 'web/1', completed).map((operation) => operation.kind)
    expect(kinds(['web/1/create'])).toEqual([])
    expect(kinds(['web/1/create', 'web/1/start', 'web/1/gate'])).toEqual(['accept'])
    expect(kinds(upTo(plan, 'web/1/publish'))).toEqual(['unpublish', 'accept'])
  })

  it('are guarded from when it is published, where it replaces something', async () => {
    const {steps} = await replaced(1, 'update_config: {}')
    expect(steps.find((step) => step.id === 'web/1/publish')?.guard).toMatchObject({
      kind: 'watch',
      replica: {container: 'shop-web-r2-1'},
      siblings: [{container: 'shop-web-r1-1'}],
    })
    const first = planFor({stack: await web(1, 'update_config: {}')})
    expect(first.steps.filter((step) => step.guard !== undefined)).toEqual([])
  })

  it('are guarded from when it is accepted, where it is not routed', async () => {
    const plan = planFor({
      stack: await stackOf('services: {worker: {image: worker}}'),
      containers: [container('worker', {configHash: 'old'})],
    })
    expect(plan.steps.filter((step) => step.guard !== undefined).map((step) => step.id)).toEqual(['worker/1/accept'])
  })
})

describe('a replica that fails', () => {
  it('takes everything back by default', async () => {
    const plan = await replaced(3, 'update_config: {}')
    expect(plan.policies).toEqual({web: {maxFailures: 0, action: 'rollback'}})
    expect(answer(plan, ['web/1'])).toBe('rollback')
  })

  it('is given up within max_failure_ratio; one more is answered as failure_action says', async () => {
    const plan = await replaced(4, 'update_config: {max_failure_ratio: 0.5, failure_action: pause}')
    expect(answer(plan, ['web/1'])).toBe('give-up')
    expect(answer(plan, ['web/1', 'web/2'])).toBe('give-up')
    expect(answer(plan, ['web/1', 'web/2', 'web/3'], upTo(plan, 'web/3/start'))).toBe('pause')
    expect(answer(plan, ['web/1', 'web/2', 'web/4'], upTo(plan, 'web/4/start'))).toBe('pause')
    // Its guard fails, and of the old replicas the last one is leaving.
    expect(answer(plan, ['web/1', 'web/2', 'web/3'], upTo(plan, 'web/4/create'))).toBe('pause')
    const leaving = upTo(plan, 'web/old-shop-web-r1-4/unpublish').filter((id) => id !== 'web/4/publish')
    expect(answer(plan, ['web/1', 'web/2', 'web/3'], leaving)).toBe('rollback')
  })

  it('is given up with continue, as long as one new replica is left', async () => {
    const plan = await replaced(2, 'update_config: {failure_action: continue}')
    expect(answer(plan, ['web/1'])).toBe('give-up')
    expect(answer(plan, ['web/1', 'web/2'])).toBe('rollback')
  })

  it('is no reason to pause where nothing would serve then', async () => {
    const plan = await replaced(1, 'update_config: {failure_action: pause}')
    expect(answer(plan, ['web/1'], upTo(plan, 'web/1/start'))).toBe('pause')
    // Its guard failed: the old replica has left already.
    expect(answer(plan, ['web/1'], upTo(plan, 'web/old-shop-web-r1-1/unpublish'))).toBe('rollback')
    const stopFirst = await replaced(1, 'update_config: {failure_action: pause, order: stop-first}')
    expect(answer(stopFirst, ['web/1'], upTo(stopFirst, 'web/1/start'))).toBe('rollback')
  })

  it('pauses where a new replica serves already', async () => {
    const plan = await replaced(2, 'update_config: {failure_action: pause}')
    expect(answer(plan, ['web/2'], upTo(plan, 'web/2/start'))).toBe('pause')
  })

  it.each([
    [0, 5, 0],
    [0.2, 4, 0],
    [0.25, 4, 1],
    [0.29, 100, 29],
    [1, 3, 3],
  ])('is one of at most: ratio %d of %d replicas is %d', (ratio, replicas, most) => {
    expect(maxFailures(ratio, replicas)).toBe(most)
  })
})

describe('start-first with more new replicas than old ones', () => {
  it('keeps an old one until the last batch, because new ones before it may be given up', async () => {
    const plan = planFor({
      stack: await web(3, 'update_config: {parallelism: 1}'),
      containers: [old(1), old(2)],
    })
    const needs = (id: string) => plan.steps.find((step) => step.id === id)?.needs
    expect(needs('web/old-shop-web-r1-1/unpublish')).toContain('web/1/publish')
    expect(needs('web/old-shop-web-r1-2/unpublish')).toContain('web/3/publish')
  })
})

describe('a step that belongs to no replica', () => {
  it('takes everything back when it fails, whatever failure_action says', async () => {
    const plan = await replaced(2, 'update_config: {failure_action: continue, max_failure_ratio: 1}')
    const leave = plan.steps.find((step) => step.id === 'web/old-shop-web-r1-1/unpublish')
    expect(leave && answerTo(plan, leave, {begun: new Set(), done: new Set(), lost: new Set()})).toBe('rollback')
  })
})

describe('a step of taking back that fails', () => {
  const undoOf = async (config: string) => {
    const plan = await replaced(2, `rollback_config: {${config}}`)
    const completed = upTo(plan, 'monitor')
    return planUndo(plan, {completed, done: new Set(completed)})
  }

  it.each([
    ['', 'go-on'],
    ['failure_action: pause', 'stop'],
    ['failure_action: pause, max_failure_ratio: 0.5', 'tolerate'],
  ] as const)('with rollback_config {%s} means: %s', async (config, expected) => {
    const undo = await undoOf(config)
    const [publish] = undo.steps
    expect(publish && answerToUndo(undo, publish, new Set([publish.lane ?? '']))).toBe(expected)
  })

  it('is never tolerated where it is about a new replica', async () => {
    const undo = await undoOf('max_failure_ratio: 1')
    const drain = undo.steps.find((step) => step.operation.kind === 'unpublish')
    expect(drain && answerToUndo(undo, drain, new Set())).toBe('go-on')
  })
})
