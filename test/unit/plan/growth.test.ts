import {describe, expect, it} from 'vitest'

import {factsOf} from '../../../bench/plan/stacks.js'
import {reconcile} from '../../../src/lib/plan/reconcile.js'

describe('a plan for a large stack', () => {
  it('has as many steps for each service as one for a small stack, and as many needs', async () => {
    const small = reconcile(await factsOf(30, 10)).steps
    const large = reconcile(await factsOf(300, 10)).steps
    expect(small.length).toBeGreaterThan(300)
    expect(large.length / small.length).toBeLessThan(12)
    expect(needs(large) / needs(small)).toBeLessThan(12)
  })

  it('is there within two seconds for 500 services of 10 replicas each', async () => {
    const facts = await factsOf(500, 10)
    const started = performance.now()
    const {steps} = reconcile(facts)
    expect(performance.now() - started).toBeLessThan(2000)
    expect(steps.length).toBeGreaterThan(10_000)
  })
})

function needs(steps: readonly {needs: readonly string[]}[]): number {
  return steps.reduce((sum, step) => sum + step.needs.length, 0)
}
