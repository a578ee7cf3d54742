import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {accountsSuite} from './accounts.suite.js'
import {catalogueSuite} from './catalogue.suite.js'
import {edgeSuite} from './edge.suite.js'
import {ordersSuite} from './orders.suite.js'
import {outageSuite} from './outage.suite.js'
import {schemaSuite} from './schema.suite.js'
import {ShopStack} from './shop-stack.js'

interface ServiceState {
  readonly Service: string
  readonly State: string
  readonly Health: string
  readonly ExitCode: number
}

describe('the bundled stack', () => {
  const stack = new ShopStack()
  beforeAll(() => stack.start(), 180_000)
  afterAll(() => stack.stop(), 60_000)

  it('comes up with docker compose alone: every service healthy, the migrations done', async () => {
    const lines = (await stack.compose('ps', '--all', '--format', 'json')).split('\n')
    const services = lines.map((line) => JSON.parse(line) as ServiceState)
    expect(services).toHaveLength(11)
    const sick = services.filter(({Service, Health}) => Service !== 'migrate' && Health !== 'healthy')
    expect(sick).toEqual([])
    const migrate = services.find(({Service}) => Service === 'migrate')
    expect(migrate).toMatchObject({State: 'exited', ExitCode: 0})
  })

  accountsSuite(stack)
  ordersSuite(stack)
  catalogueSuite(stack)
  edgeSuite(stack)
  schemaSuite(stack)
  // Last, because it takes things away.
  outageSuite(stack)
})
