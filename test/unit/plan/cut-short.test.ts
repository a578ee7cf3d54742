import {describe, expect, it} from 'vitest'

import {formatSteps} from '../../../src/lib/plan/format.js'
import {isEmpty} from '../../../src/lib/plan/plan.js'
import {container, planFor, stackOf, stepsOf} from './situation.js'

const WEB = `
services:
  web:
    image: web
    expose: ["3000"]
    deploy: {replicas: 2, update_config: {monitor: 5s}}
`
const WORKER = `
services:
  worker: {image: worker, deploy: {update_config: {monitor: 5s}}}
`
/** Made by release 2 with what is wanted; of release 1 with what was wanted before. */
const fresh = {release: 2} as const
const old = {release: 1, configHash: 'before'} as const

describe('after a run that was killed', () => {
  it('a container that was made and never started is removed and made anew', async () => {
    const containers = [
      container('web', {...old, published: true}),
      container('web', {...fresh, state: 'created', startedAt: undefined, health: 'none'}),
    ]
    const plan = planFor({stack: await stackOf(WEB), containers, unsettled: 2})
    expect(stepsOf(plan)).toMatch(/-> web\/half-made-shop-web-r2-1\/remove$/m)
    expect(stepsOf(plan)).toMatch(/\[web\/half-made-shop-web-r2-1\/remove\] -> web\/1\/create$/m)
    expect(formatSteps(plan)).toContain('an earlier run was cut short before it started it')
  })

  it('a new replica that serves stays, is watched again, and what it replaced goes', async () => {
    const containers = [
      container('web', {...fresh, published: true}),
      container('web', {...fresh, number: 2, published: true}),
      container('web', {...old}),
    ]
    const plan = planFor({stack: await stackOf(WEB), containers, unsettled: 2})
    expect(plan.steps.filter(({operation}) => operation.kind === 'create-replica')).toEqual([])
    const monitor = plan.steps.find(({operation}) => operation.kind === 'monitor')
    expect(monitor?.operation).toMatchObject({
      replicas: [{container: 'shop-web-r2-1'}, {container: 'shop-web-r2-2'}],
      windowMs: 5000,
    })
    expect(stepsOf(plan)).toContain('web/old-shop-web-r1-1/remove')
  })

  it('a replica that runs and may not have been accepted passes the gate again', async () => {
    const containers = [container('worker', fresh), container('worker', {...old, state: 'exited'})]
    const plan = planFor({stack: await stackOf(WORKER), containers, unsettled: 2})
    expect(stepsOf(plan)).toMatch(/-> worker\/1\/gate$/m)
    expect(stepsOf(plan)).toMatch(/\[worker\/1\/gate\] -> worker\/1\/accept$/m)
  })

  it('nothing of it is looked at again once its release has come to its end', async () => {
    const plan = planFor({stack: await stackOf(WORKER), containers: [container('worker', fresh)]})
    expect(isEmpty(plan)).toBe(true)
  })

  it('a new replica never gets the name of another one of the same release', async () => {
    const containers = [
      container('web', {...fresh, configHash: 'other', published: true}),
      container('web', {...fresh, number: 2, published: true}),
    ]
    const plan = planFor({stack: await stackOf(WEB), containers, unsettled: 2})
    const made = plan.steps.flatMap(({operation}) =>
      operation.kind === 'create-replica' ? operation.replica.container : [],
    )
    expect(made).toEqual(['shop-web-r2-3'])
  })
})

describe('going back', () => {
  const WITH_JOB = `
services:
  migrate: {image: app, x-stackctl: {job: pre-deploy}}
  web: {image: web, expose: ["3000"], deploy: {replicas: 2, update_config: {monitor: 1ms}}}
`

  it('runs no job', async () => {
    const containers = [container('migrate', {configHash: 'newer', state: 'exited', release: 1})]
    const plan = planFor({stack: await stackOf(WITH_JOB), containers, options: {jobs: 'never'}})
    expect(plan.steps.filter(({operation}) => operation.kind === 'run-job')).toEqual([])
  })

  it('removes services that only the release has which is taken back, and keeps other orphans', async () => {
    const containers = [
      container('web', {published: true}),
      container('web', {number: 2, published: true}),
      container('added', {release: 2}),
      container('stranger', {release: 1}),
    ]
    const plan = planFor({stack: await stackOf(WEB), containers, options: {discard: new Set(['added'])}})
    const removed = plan.steps.flatMap(({operation}) =>
      operation.kind === 'remove-replica' ? operation.replica.service : [],
    )
    expect(removed).toEqual(['added'])
  })
})
