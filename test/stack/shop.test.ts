import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {accountsSuite} from './accounts.suite.js'
import {catalogueSuite} from './catalogue.suite.js'
import {edgeSuite} from './edge.suite.js'
import {ordersSuite} from './orders.suite.js'
import {outageSuite} from './outage.suite.js'
import {schemaSuite} from './schema.suite.js'
import {ShopStack} from './shop-stack.js'

describe('the bundled stack', () => {
  const stack = new ShopStack()
  beforeAll(() => stack.start(), 180_000)
  afterAll(() => stack.stop(), 60_000)

  it('comes up with docker compose alone: every service healthy, the migrations done', async () => {
    const services = JSON.parse(`[${(await stack.compose('ps', '--all', '--format', 'json')).split('\n').join(',')}]`)
    const states = services.map(({Service, State, Health, ExitCode}: Record<string, unknown>) => [
      Service,
      State,
      Health,
      ExitCode,
    ])
    expect(
      states
        .filter(([service]: unknown[]) => service !== 'migrate')
        .every(([, , health]: unknown[]) => health === 'healthy'),
    ).toBe(true)
    expect(states).toContainEqual(['migrate', 'exited', '', 0])
    expect(states).toHaveLength(11)
  })

  accountsSuite(stack)
  ordersSuite(stack)
  catalogueSuite(stack)
  edgeSuite(stack)
  schemaSuite(stack)
  // Last, because it takes things away.
  outageSuite(stack)
})
