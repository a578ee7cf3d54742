import {describe, expect, it} from 'vitest'

import type {Plan} from '../../../src/lib/plan/plan.js'

import {formatSteps} from '../../../src/lib/plan/format.js'
import {planUndo} from '../../../src/lib/plan/undo.js'
import {container, planFor, stackOf} from './situation.js'

const web = (deploy = '') => `
  web: {image: web, expose: ["80"], x-stackctl: {route: {port: 80}}, deploy: {replicas: 2${deploy}}}`
const API = `
  api: {image: api, expose: ["81"], x-stackctl: {route: {port: 81}}}`
const DB = `
  db: {image: db, volumes: [{type: volume, source: data, target: /data}]}`
const VOLUMES = '\nvolumes: {data: {name: shop_data}}'

const old = (service: string, number = 1, published = true) =>
  container(service, {configHash: 'old', number, published})

async function changed(services: string, containers: ReturnType<typeof container>[]): Promise<Plan> {
  return planFor({stack: await stackOf(`services:${services}`), containers})
}

/** The plan after which everything up to and including this step has completed, the point of no return never. */
function undoAfter(plan: Plan, last: string, lanes?: ReadonlySet<string>): Plan {
  const ids = plan.steps.map((step) => step.id)
  const completed = ids.slice(0, ids.indexOf(last) + 1)
  return planUndo(plan, {completed, done: new Set(completed), ...(lanes && {lanes})})
}

/** `[needs] -> id: what`, one per line. */
function textOf(plan: Plan): string {
  return formatSteps(plan)
    .split('\n')
    .map((line) => line.replace(/, [^,]*$/, ''))
    .join('\n')
}

describe('taking an adoption back', () => {
  it('gives the host ports back before anything else, and checks who holds them again', async () => {
    const stack = await stackOf(`
services:
  web:
    image: web
    ports: [{target: 80, published: "8080", protocol: tcp}]
    deploy: {update_config: {order: start-first}}`)
    const holder = container('web', {configHash: undefined, release: undefined, hostPorts: [8080]})
    expect(textOf(undoAfter(planFor({stack, containers: [holder]}), 'monitor'))).toBe(
      `[] -> undo/router/take-ports: give host ports back
[undo/router/take-ports] -> undo/router/take-ports/2: check shop-web-r0-1
[undo/router/take-ports/2] -> undo/router/names/default: give the router its names on shop_default
[undo/router/names/default] -> undo/web/1/publish: drain shop-web-r2-1
[undo/web/1/publish] -> undo/web/1/create: remove shop-web-r2-1
[undo/router/names/default undo/web/1/create] -> undo/router/create: remove the router`,
    )
  })
})

describe('taking a start-first service back', () => {
  it('publishes all parked old replicas at once, then drains all new ones at once, then removes them in reverse order', async () => {
    const plan = await changed(web(), [old('web', 1), old('web', 2)])
    expect(textOf(undoAfter(plan, 'monitor'))).toBe(
      `[] -> undo/web/old-shop-web-r1-1/unpublish: publish shop-web-r1-1
[] -> undo/web/old-shop-web-r1-2/unpublish: publish shop-web-r1-2
[undo/web/old-shop-web-r1-1/unpublish undo/web/old-shop-web-r1-2/unpublish] -> undo/web/1/publish: drain shop-web-r2-1
[undo/web/old-shop-web-r1-1/unpublish undo/web/old-shop-web-r1-2/unpublish] -> undo/web/2/publish: drain shop-web-r2-2
[undo/web/1/publish undo/web/2/publish] -> undo/web/2/create: remove shop-web-r2-2
[undo/web/2/create] -> undo/web/1/create: remove shop-web-r2-1`,
    )
  })

  it('never drains the new replicas where no old one could be published, and never removes one that was not drained', async () => {
    const undo = undoAfter(await changed(web(), [old('web', 1), old('web', 2)]), 'monitor')
    const onlyIf = (id: string) => undo.steps.find((step) => step.id === id)?.onlyIf
    expect(onlyIf('undo/web/1/publish')).toEqual([
      'undo/web/old-shop-web-r1-1/unpublish',
      'undo/web/old-shop-web-r1-2/unpublish',
    ])
    expect(onlyIf('undo/web/1/create')).toEqual(['undo/web/1/publish'])
  })

  it('that got half way undoes that half only', async () => {
    const plan = await changed(web(), [old('web', 1), old('web', 2)])
    expect(textOf(undoAfter(plan, 'web/1/gate'))).toBe(`[] -> undo/web/1/create: remove shop-web-r2-1`)
  })
})

describe('taking a stop-first service back', () => {
  it('stops the new one before the old one starts and passes its gate', async () => {
    const plan = await changed(DB + VOLUMES, [old('db', 1, false)])
    expect(textOf(undoAfter(plan, 'db/1/gate'))).toBe(
      `[] -> undo/db/1/start: stop shop-db-r2-1
[undo/db/1/start] -> undo/db/old-shop-db-r1-1/stop: start shop-db-r1-1
[undo/db/old-shop-db-r1-1/stop] -> undo/db/old-shop-db-r1-1/stop/2: check shop-db-r1-1
[undo/db/old-shop-db-r1-1/stop/2] -> undo/db/1/create: remove shop-db-r2-1`,
    )
  })

  it('that is routed publishes the old one only once it runs again', async () => {
    const plan = await changed(
      web(', update_config: {order: stop-first, parallelism: 0}').replace('replicas: 2', 'replicas: 1'),
      [old('web')],
    )
    expect(textOf(undoAfter(plan, 'web/1/publish'))).toBe(
      `[] -> undo/web/1/publish: drain shop-web-r2-1
[undo/web/1/publish] -> undo/web/1/start: stop shop-web-r2-1
[undo/web/1/start] -> undo/web/old-shop-web-r1-1/stop: start shop-web-r1-1
[undo/web/old-shop-web-r1-1/stop] -> undo/web/old-shop-web-r1-1/stop/2: check shop-web-r1-1
[undo/web/old-shop-web-r1-1/stop/2] -> undo/web/old-shop-web-r1-1/unpublish: publish shop-web-r1-1
[undo/web/old-shop-web-r1-1/unpublish] -> undo/web/1/create: remove shop-web-r2-1`,
    )
  })
})

describe('taking several services back', () => {
  it('does so side by side: a service that is down does not wait for the drain of another one', async () => {
    const plan = await changed(API + DB + VOLUMES, [old('api'), old('db', 1, false)])
    expect(textOf(undoAfter(plan, 'db/1/accept'))).toBe(
      `[] -> undo/api/old-shop-api-r1-1/unpublish: publish shop-api-r1-1
[undo/api/old-shop-api-r1-1/unpublish] -> undo/api/1/publish: drain shop-api-r2-1
[] -> undo/db/1/start: stop shop-db-r2-1
[undo/db/1/start] -> undo/db/old-shop-db-r1-1/stop: start shop-db-r1-1
[undo/db/old-shop-db-r1-1/stop] -> undo/db/old-shop-db-r1-1/stop/2: check shop-db-r1-1
[undo/db/old-shop-db-r1-1/stop/2] -> undo/db/1/create: remove shop-db-r2-1
[undo/api/1/publish] -> undo/api/1/create: remove shop-api-r2-1`,
    )
  })

  it('takes a service back before the one that it waited for', async () => {
    const plan = await changed(
      `${API.replace('image: api', 'image: api, depends_on: {db: {condition: service_healthy}}')}${DB}${VOLUMES}`,
      [old('api'), old('db', 1, false)],
    )
    const undo = undoAfter(plan, 'monitor')
    expect(undo.steps.find((step) => step.id === 'undo/db/1/start')?.needs).toEqual(['undo/api/1/create'])
    // It runs, so publishing it again waits for nothing.
    expect(undo.steps.find((step) => step.id === 'undo/api/old-shop-api-r1-1/unpublish')?.needs).toEqual([])
  })

  it('takes the foundations back when everything that stands on them is gone, and nothing past the point of no return', async () => {
    const plan = await changed(web() + API, [])
    const undo = planUndo(plan, {
      completed: ['network/default', 'router/create', 'web/1/create', 'api/1/create'],
      done: new Set(),
    })
    // A first deploy has nothing to go back to: foundations stay.
    expect(undo.steps.map((step) => step.id)).toEqual(['undo/api/1/create', 'undo/web/1/create'])
    const moved = planFor({
      stack: await stackOf(`services:${web()}${API}`),
      containers: [old('web', 1, false), old('web', 2, false), old('api', 1, false)],
    })
    const all = undoAfter(moved, moved.steps.at(-1)?.id ?? '')
    expect(all.steps.at(-1)?.id).toBe('undo/router/create')
    expect(all.steps.map((step) => step.id).filter((id) => id.includes('/end'))).toEqual([])
  })

  it('can be told to take back one lane only', async () => {
    const plan = await changed(web(), [old('web', 1), old('web', 2)])
    expect(textOf(undoAfter(plan, 'web/2/gate', new Set(['web/2'])))).toBe(
      `[] -> undo/web/2/create: remove shop-web-r2-2`,
    )
  })
})

describe('rollback_config', () => {
  const containers = [old('web', 1), old('web', 2)]

  it('parallelism and delay: so many at a time, with a pause between', async () => {
    const plan = await changed(web(', rollback_config: {parallelism: 1, delay: 3s}'), containers)
    expect(textOf(undoAfter(plan, 'monitor'))).toBe(
      `[] -> undo/web/old-shop-web-r1-1/unpublish: publish shop-web-r1-1
[undo/web/old-shop-web-r1-1/unpublish] -> undo/web/1/publish: drain shop-web-r2-1
[undo/web/1/publish] -> undo/web/delay-1: wait 3 s
[undo/web/delay-1] -> undo/web/old-shop-web-r1-2/unpublish: publish shop-web-r1-2
[undo/web/old-shop-web-r1-2/unpublish] -> undo/web/2/publish: drain shop-web-r2-2
[undo/web/2/publish] -> undo/web/2/create: remove shop-web-r2-2
[undo/web/2/create] -> undo/web/1/create: remove shop-web-r2-1`,
    )
  })

  it('order stop-first: drains the new ones before the old ones serve', async () => {
    const plan = await changed(web(', rollback_config: {order: stop-first}'), containers)
    const undo = undoAfter(plan, 'monitor')
    expect(undo.steps.slice(0, 3).map(({id, needs}) => `[${needs.join(' ')}] -> ${id}`)).toEqual([
      '[] -> undo/web/1/publish',
      '[] -> undo/web/2/publish',
      '[undo/web/1/publish undo/web/2/publish] -> undo/web/old-shop-web-r1-1/unpublish',
    ])
  })

  it('monitor: watches the restored replicas once they serve, by the names that they have then', async () => {
    const plan = await changed(web(', rollback_config: {monitor: 2s}'), containers)
    const undo = undoAfter(plan, 'monitor')
    expect(undo.steps.filter((step) => step.operation.kind === 'monitor').map((step) => step.operation)).toEqual(
      ['shop-web-r1-1', 'shop-web-r1-2'].map((name, index) => ({
        kind: 'monitor',
        replicas: [{service: 'web', number: index + 1, container: name}],
        windowMs: 2000,
        restored: true,
      })),
    )
    const renamed = planFor({
      stack: await stackOf(
        'services: {cache: {image: cache, container_name: cache, deploy: {rollback_config: {monitor: 2s}}}}',
      ),
      containers: [container('cache', {configHash: 'old', name: 'cache'})],
    })
    expect(undoAfter(renamed, 'monitor').steps.at(-1)?.operation).toMatchObject({replicas: [{container: 'cache'}]})
  })

  it('failure_action and max_failure_ratio count the replicas that did not come back', async () => {
    const plan = await changed(web(', rollback_config: {failure_action: pause, max_failure_ratio: 0.5}'), containers)
    const undo = undoAfter(plan, 'monitor')
    expect(undo.policies).toEqual({web: {maxFailures: 1, action: 'pause'}})
    expect(undo.steps.filter((step) => step.lane !== undefined).map((step) => step.lane)).toEqual([
      'web/shop-web-r1-1',
      'web/shop-web-r1-2',
    ])
  })
})
