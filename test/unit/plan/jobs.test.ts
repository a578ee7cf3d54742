import {describe, expect, it} from 'vitest'

import type {Operation, Plan} from '../../../src/lib/plan/plan.js'

import {container, planFor, stackOf, stepsOf} from './situation.js'

const STACK = `
services:
  db: {image: db}
  migrate: {image: app, depends_on: {db: {condition: service_started}}, x-stackctl: {job: {when: pre-deploy, timeout: 90s}}}
  seed: {image: app, depends_on: {migrate: {condition: service_completed_successfully}}, x-stackctl: {job: pre-deploy}}
  web: {image: app}
`
const HOOKS = `${STACK}\nx-stackctl: {hooks: {pre-migrate: [[backup]]}}`
const DONE = {state: 'exited', exitCode: 0} as const

function jobIn(plan: Plan, service: string): Extract<Operation, {kind: 'run-job'}> {
  const operation = plan.steps.find((step) => step.id === `${service}/run`)?.operation
  if (operation?.kind !== 'run-job') throw new Error(`${service} is not run`)
  return operation
}

describe('a job that an earlier run has left running', () => {
  it('is joined when it is of the same configuration, and no second one is made', async () => {
    const stack = await stackOf(STACK)
    const plan = planFor({stack, containers: [container('db'), container('migrate'), container('web')]})
    expect(jobIn(plan, 'migrate')).toEqual({
      kind: 'run-job',
      replica: {service: 'migrate', number: 1, container: 'shop-migrate-r1-1'},
      timeoutMs: 90_000,
      joins: 'shop-migrate-r1-1',
      awaits: [],
      replaces: [],
    })
  })

  it('is waited for when it is of another configuration, before ours is run', async () => {
    const stack = await stackOf(STACK)
    const old = container('migrate', {configHash: 'older'})
    const plan = planFor({stack, containers: [container('db'), old, container('web')]})
    expect(jobIn(plan, 'migrate')).toMatchObject({
      replica: {container: 'shop-migrate-r2-1'},
      joins: undefined,
      awaits: ['shop-migrate-r1-1'],
      replaces: ['shop-migrate-r1-1'],
    })
  })
})

describe('a job whose container is left over', () => {
  it.each([
    ['failed', {state: 'exited', exitCode: 1}],
    ['never started', {state: 'created', startedAt: undefined}],
  ] as const)('is run anew when it %s, and the container goes', async (_, facts) => {
    const stack = await stackOf(STACK)
    const plan = planFor({stack, containers: [container('db'), container('migrate', facts), container('web')]})
    expect(jobIn(plan, 'migrate')).toMatchObject({joins: undefined, awaits: [], replaces: ['shop-migrate-r1-1']})
  })
})

describe('the pre-migrate hooks', () => {
  it('run once, before the first job and after what it depends on; every job waits for them', async () => {
    const plan = planFor({stack: await stackOf(HOOKS)})
    const steps = new Map(plan.steps.map((step) => [step.id, step.needs]))
    expect(plan.steps.filter((step) => step.operation.kind === 'run-hooks')).toHaveLength(1)
    expect(steps.get('hooks/pre-migrate')).toContain('db/1/start')
    expect(steps.get('migrate/run')).toContain('hooks/pre-migrate')
    expect(steps.get('seed/run')).toEqual(expect.arrayContaining(['hooks/pre-migrate', 'migrate/run']))
  })

  it('do not run when no job is to run', async () => {
    const stack = await stackOf(HOOKS)
    const containers = [
      container('db'),
      container('migrate', DONE),
      container('seed', DONE),
      container('web', {configHash: 'old'}),
    ]
    expect(stepsOf(planFor({stack, containers}))).not.toContain('hooks/')
  })
})
