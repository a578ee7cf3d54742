import {describe, expect, it} from 'vitest'

import type {Step} from '../../../src/lib/plan/plan.js'
import type {Stack} from '../../../src/lib/stack/model.js'

import {formatPlan} from '../../../src/lib/plan/format.js'
import {isEmpty} from '../../../src/lib/plan/plan.js'
import {container, planFor, stackOf, stepsOf} from './situation.js'

const ROUTED = `
services:
  web:
    image: web
    ports: [{target: 80, published: "8080", protocol: tcp}]
    deploy: {replicas: 2, update_config: {order: start-first}}
`

const WITH_DATABASE = `
services:
  db: {image: db, volumes: [{type: volume, source: data, target: /data}]}
  migrate: {image: app, command: [migrate], depends_on: {db: {condition: service_healthy}}, x-stackctl: {job: pre-deploy}}
  app:
    image: app
    expose: ["3000"]
    depends_on: {db: {condition: service_healthy}, migrate: {condition: service_completed_successfully}}
    x-stackctl: {route: {port: 3000}}
volumes: {data: {name: shop_data}}
`

describe('a first deploy', () => {
  it('makes what is missing, dependencies first, and nothing before the images are there', async () => {
    const plan = planFor({stack: await stackOf(WITH_DATABASE), builds: ['app']})
    expect(stepsOf(plan)).toBe(`[] -> image/app
[image/app] -> network/default
[image/app] -> volume/data
[image/app network/default] -> router/create
[image/app network/default router/create] -> router/configure
[image/app network/default volume/data] -> db/1/create
[db/1/create] -> db/1/start
[db/1/start] -> db/1/gate
[db/1/gate] -> db/1/accept
[image/app network/default volume/data db/1/accept] -> migrate/run
[image/app network/default volume/data] -> app/1/create
[app/1/create db/1/accept migrate/run] -> app/1/start
[app/1/start] -> app/1/gate
[app/1/gate] -> app/1/accept
[app/1/accept router/configure] -> app/1/publish`)
  })

  it('starts all replicas of a service at once: parallelism is about replacing', async () => {
    const plan = planFor({stack: await stackOf(ROUTED)})
    expect(needsOf(plan.steps, 'web/2/start')).not.toContain('web/1/publish')
  })

  it('keeps what is healthy when another service fails: there is nothing to go back to', async () => {
    const plan = planFor({stack: await stackOf(WITH_DATABASE)})
    expect(new Set(plan.steps.map((step) => step.undoWhen))).toEqual(new Set(['own-failure']))
  })
})

describe('an unchanged stack', () => {
  it('needs nothing', async () => {
    const containers = [container('web', {published: true}), container('web', {number: 2, published: true})]
    const plan = planFor({stack: await stackOf(ROUTED), containers})
    expect(isEmpty(plan)).toBe(true)
    expect(formatPlan(plan)).toContain('Nothing to do.')
  })

  it('runs no job twice for the same image and command', async () => {
    const containers = [container('db'), container('migrate', {state: 'exited'}), container('app', {published: true})]
    const plan = planFor({stack: await stackOf(WITH_DATABASE), containers})
    expect(stepsOf(plan)).toBe('')
  })

  it('runs a job again that failed', async () => {
    const containers = [
      container('db'),
      container('migrate', {state: 'exited', exitCode: 1}),
      container('app', {published: true}),
    ]
    const plan = planFor({stack: await stackOf(WITH_DATABASE), containers})
    expect(stepsOf(plan)).toBe('[] -> migrate/run')
  })
})

describe('a routed service that changed', () => {
  const old = [
    container('web', {configHash: 'old', published: true}),
    container('web', {configHash: 'old', number: 2, published: true}),
  ]

  it('is replaced one replica at a time; the old one is drained only after the new one is published, and removed at the very end', async () => {
    const plan = planFor({stack: await stackOf(ROUTED), containers: old})
    expect(stepsOf(plan)).toBe(`[] -> web/1/create
[web/1/create] -> web/1/start
[web/1/start] -> web/1/gate
[web/1/gate] -> web/1/accept
[web/1/accept] -> web/1/publish
[web/1/publish] -> web/old-shop-web-r1-1/unpublish
[] -> web/2/create
[web/2/create web/old-shop-web-r1-1/unpublish] -> web/2/start
[web/2/start] -> web/2/gate
[web/2/gate] -> web/2/accept
[web/2/accept] -> web/2/publish
[web/2/publish web/old-shop-web-r1-1/unpublish] -> web/old-shop-web-r1-2/unpublish
[web/old-shop-web-r1-2/unpublish] -> monitor
[monitor] -> web/old-shop-web-r1-1/end
[web/old-shop-web-r1-1/end] -> web/old-shop-web-r1-1/remove
[monitor] -> web/old-shop-web-r1-2/end
[web/old-shop-web-r1-2/end] -> web/old-shop-web-r1-2/remove`)
    expect(formatPlan(plan)).toContain('replace 2 replicas, one at a time, no downtime')
  })

  it('can be taken back at every step before the old replicas are removed', async () => {
    const {steps} = planFor({stack: await stackOf(ROUTED), containers: old})
    const undoOf = (id: string) => steps.find((step) => step.id === id)?.undo.map((operation) => operation.kind)
    expect(undoOf('web/1/create')).toEqual(['remove-replica'])
    expect(undoOf('web/1/publish')).toEqual(['unpublish'])
    expect(undoOf('web/old-shop-web-r1-1/unpublish')).toEqual(['publish'])
    expect(steps.find((step) => step.id === 'web/old-shop-web-r1-1/end')?.undoWhen).toBe('never')
  })

  it('is replaced all at once with parallelism 0', async () => {
    const stack = await stackOf(ROUTED.replace('order: start-first', 'order: start-first, parallelism: 0'))
    const plan = planFor({stack, containers: old})
    expect(needsOf(plan.steps, 'web/2/start')).toEqual(['web/2/create'])
  })

  it('waits between batches as update_config.delay says', async () => {
    const stack = await stackOf(ROUTED.replace('order: start-first', 'order: start-first, delay: 5s'))
    const plan = planFor({stack, containers: old})
    expect(plan.steps.find((step) => step.id === 'web/delay-1')?.operation).toEqual({kind: 'pause', ms: 5000})
    expect(needsOf(plan.steps, 'web/2/start')).toContain('web/delay-1')
  })
})

describe('the monitor window', () => {
  const old = [
    container('web', {configHash: 'old', published: true}),
    container('web', {configHash: 'old', number: 2, published: true}),
  ]

  it('is the longest of the services that were replaced, after all of them have moved, and watches their new replicas', async () => {
    const stack = await stackOf(`
services:
  web: {image: web, expose: ["80"], deploy: {replicas: 2, update_config: {order: start-first, monitor: 3s}}}
  api: {image: api, expose: ["81"], x-stackctl: {route: {port: 81}}, deploy: {update_config: {monitor: 8s}}}
  new: {image: new}
`)
    const plan = planFor({stack, containers: [...old, container('api', {configHash: 'old', published: true})]})
    const monitor = plan.steps.find((step) => step.id === 'monitor')
    expect(monitor?.operation).toMatchObject({kind: 'monitor', windowMs: 8000})
    expect(
      monitor?.operation.kind === 'monitor' && monitor.operation.replicas.map((replica) => replica.container),
    ).toEqual(['shop-api-r2-1', 'shop-web-r2-1', 'shop-web-r2-2'])
    expect(needsOf(plan.steps, 'web/old-shop-web-r1-1/end')).toEqual(['monitor'])
  })

  it('is left out with monitor 0s', async () => {
    const stack = await stackOf(ROUTED.replace('order: start-first', 'order: start-first, monitor: 0s'))
    expect(planFor({stack, containers: old}).steps.map((step) => step.id)).not.toContain('monitor')
  })

  it('of x-stackctl.soak comes before a replica is published', async () => {
    const stack = await stackOf(`${ROUTED}    x-stackctl: {soak: 10s}\n`)
    const plan = planFor({stack, containers: old})
    expect(needsOf(plan.steps, 'web/1/accept')).toEqual(['web/1/soak'])
    expect(plan.steps.find((step) => step.id === 'web/1/soak')?.operation).toMatchObject({windowMs: 10_000})
  })
})

describe('a service with a volume that changed', () => {
  it('is stopped before its successor starts, but after that was created, and the plan says downtime', async () => {
    const stack = await stackOf(WITH_DATABASE)
    const containers = [
      container('db', {configHash: 'old'}),
      container('migrate', {state: 'exited'}),
      container('app', {published: true}),
    ]
    const plan = planFor({stack, containers})
    expect(stepsOf(plan)).toBe(`[] -> db/1/create
[db/1/create] -> db/old-shop-db-r1-1/stop
[db/1/create db/old-shop-db-r1-1/stop] -> db/1/start
[db/1/start] -> db/1/gate
[db/1/gate] -> db/1/accept
[db/1/accept] -> monitor
[monitor] -> db/old-shop-db-r1-1/end
[db/old-shop-db-r1-1/end] -> db/old-shop-db-r1-1/remove`)
    expect(formatPlan(plan)).toContain('Downtime: db.')
  })

  it('starts the old one again when the new one fails', async () => {
    const containers = [
      container('db', {configHash: 'old'}),
      container('migrate', {state: 'exited'}),
      container('app', {published: true}),
    ]
    const {steps} = planFor({stack: await stackOf(WITH_DATABASE), containers})
    const stop = steps.find((step) => step.id === 'db/old-shop-db-r1-1/stop')
    const replica = {service: 'db', number: 1, container: 'shop-db-r1-1'}
    expect(stop?.undo).toEqual([
      {kind: 'start-replica', replica},
      {kind: 'gate', replica},
    ])
  })
})

describe('a fixed container_name', () => {
  it('is freed by renaming the old container, and given back when the deploy fails', async () => {
    const stack = await stackOf('services: {cache: {image: cache, container_name: cache}}')
    const plan = planFor({stack, containers: [container('cache', {configHash: 'old', name: 'cache'})]})
    expect(stepsOf(plan)).toBe(`[] -> cache/old-cache/rename
[cache/old-cache/rename] -> cache/1/create
[cache/1/create] -> cache/old-cache-before-r2/stop
[cache/1/create cache/old-cache-before-r2/stop] -> cache/1/start
[cache/1/start] -> cache/1/gate
[cache/1/gate] -> cache/1/accept
[cache/1/accept] -> monitor
[monitor] -> cache/old-cache-before-r2/end
[cache/old-cache-before-r2/end] -> cache/old-cache-before-r2/remove`)
  })
})

describe('jobs', () => {
  it('run after what they depend on and before anything else is swapped', async () => {
    const stack = await stackOf(WITH_DATABASE)
    const containers = [
      container('db', {configHash: 'old'}),
      container('migrate', {configHash: 'old', state: 'exited'}),
      container('app', {configHash: 'old', published: true}),
    ]
    const plan = planFor({stack, containers})
    expect(needsOf(plan.steps, 'migrate/run')).toContain('db/1/accept')
    expect(needsOf(plan.steps, 'app/1/start')).toContain('migrate/run')
    expect(needsOf(plan.steps, 'db/1/start')).not.toContain('migrate/run')
  })

  it('alone are what `migrate` runs, with the database started if it does not run', async () => {
    const stack = await stackOf(WITH_DATABASE)
    const plan = planFor({
      stack,
      containers: [container('db', {state: 'exited'}), container('app', {configHash: 'old', published: true})],
      options: {jobs: 'only'},
    })
    expect(plan.steps.map((step) => step.id)).toEqual(['db/1/start', 'db/1/gate', 'db/1/accept', 'migrate/run'])
  })
})

describe('what is there but not as it should be', () => {
  it('is started, checked and published again when it was stopped', async () => {
    const containers = [container('web', {published: true}), container('web', {number: 2, state: 'exited'})]
    const plan = planFor({stack: await stackOf(ROUTED), containers})
    expect(plan.steps.map((step) => step.id)).toEqual(['web/2/start', 'web/2/gate', 'web/2/accept', 'web/2/publish'])
  })

  it('is removed when there are too many, never the one that serves', async () => {
    const containers = [
      container('web', {release: 3}),
      container('web', {published: true}),
      container('web', {number: 2, published: true}),
    ]
    const plan = planFor({stack: await stackOf(ROUTED), containers})
    expect(plan.steps.map((step) => step.id)).toEqual([
      'web/old-shop-web-r3-1/stop',
      'web/old-shop-web-r3-1/end',
      'web/old-shop-web-r3-1/remove',
    ])
  })

  it('is waited for when something that depends on it changes while it is not healthy', async () => {
    const containers = [
      container('db', {health: 'starting'}),
      container('migrate', {state: 'exited'}),
      container('app', {configHash: 'old', published: true}),
    ]
    const plan = planFor({stack: await stackOf(WITH_DATABASE), containers})
    expect(needsOf(plan.steps, 'app/1/start')).toContain('db/shop-db-r1-1/await-healthy')
  })

  it('is kept and named when its service left the file, and drained and removed on request', async () => {
    const stack = await stackOf(ROUTED)
    const containers = [
      container('web', {published: true}),
      container('web', {number: 2, published: true}),
      container('gone'),
    ]
    expect(formatPlan(planFor({stack, containers}))).toContain('? gone')
    const plan = planFor({stack, containers, options: {removeOrphans: true}})
    expect(plan.steps.map((step) => step.id)).toEqual(['gone/old-shop-gone-r1-1/end', 'gone/old-shop-gone-r1-1/remove'])
  })

  it('goes on being served when its service left the file and is kept', async () => {
    const before = await stackOf(`${ROUTED}  gone: {image: gone, expose: ["90"], x-stackctl: {route: {port: 90}}}\n`)
    const containers = [
      container('web', {configHash: 'old', published: true}),
      container('web', {configHash: 'old', number: 2, published: true}),
      container('gone', {published: true}),
    ]
    const forgets = (options: {removeOrphans: boolean}, stack: Stack) =>
      planFor({stack, containers, routedBy: before, options}).steps.find(({id}) => id === 'router/forget')
    const stack = await stackOf(ROUTED)
    expect(forgets({removeOrphans: false}, stack)).toBeUndefined()
    expect(forgets({removeOrphans: true}, stack)?.operation).toEqual({kind: 'configure-router', keep: []})
  })

  it('hands a published port over to the router when docker compose made it', async () => {
    const containers = [container('web', {configHash: undefined, release: undefined, hostPorts: [8080]})]
    const plan = planFor({stack: await stackOf(ROUTED), containers})
    expect(plan.steps.find(({id}) => id === 'router/create')?.operation).toEqual({
      kind: 'create-router',
      withoutPorts: true,
      unnamed: ['web'],
    })
    expect(needsOf(plan.steps, 'router/names/default')).toEqual(['web/2/publish'])
    expect(needsOf(plan.steps, 'router/take-ports')).toEqual(['router/names/default'])
    expect(needsOf(plan.steps, 'monitor')).toEqual(['router/take-ports'])
    expect(plan.steps.find(({id}) => id === 'web/old-shop-web-r0-1/stop')).toBeUndefined()
    expect(needsOf(plan.steps, 'web/old-shop-web-r0-1/end')).toEqual(['monitor'])
    expect(formatPlan(plan)).toMatch(/host port 8080 refuses connections for about half a second/)
    expect(formatPlan(plan)).toContain('Downtime: web.')
  })

  it('moves the services that hold host ports of the router along, whichever were asked for', async () => {
    const containers = [container('web', {configHash: undefined, release: undefined, hostPorts: [8080]})]
    const stack = await stackOf(`${ROUTED}  other: {image: other}\n`)
    const plan = planFor({stack, containers, options: {services: ['other']}})
    expect(needsOf(plan.steps, 'router/names/default')).toContain('web/2/publish')
    expect(plan.steps.map(({id}) => id)).toContain('router/take-ports')
  })

  it('stops what held a host port of the router and is kept although its service left the file', async () => {
    const containers = [container('former', {configHash: undefined, release: undefined, hostPorts: [8080]})]
    const plan = planFor({stack: await stackOf(ROUTED), containers})
    expect(needsOf(plan.steps, 'former/shop-former-r0-1/hand-over')).toEqual(['router/take-ports'])
  })
})

describe('a deploy of some services', () => {
  it('leaves the others alone and makes missing dependencies', async () => {
    const plan = planFor({stack: await stackOf(WITH_DATABASE), options: {services: ['migrate']}})
    const services = new Set(plan.steps.map((step) => step.service).filter(Boolean))
    expect(services).toEqual(new Set(['db', 'migrate']))
  })
})

describe('the router', () => {
  it('is told again when it has not taken over what an earlier run wrote', async () => {
    const containers = [container('web', {published: true}), container('web', {number: 2, published: true})]
    const plan = planFor({stack: await stackOf(ROUTED), containers, routerUpToDate: false})
    expect(stepsOf(plan)).toBe('[] -> router/configure')
    expect(formatPlan(plan)).toMatch(/an earlier run ended in between/)
  })

  it('is put back first where a run was killed while it replaced it, and its leftover goes where it was done', async () => {
    const containers = [container('web', {published: true}), container('web', {number: 2, published: true})]
    const facts = {stack: await stackOf(ROUTED), containers}
    const half = planFor({...facts, router: 'stopped', routerLeftover: 'serves-again'})
    expect(stepsOf(half).split('\n').slice(0, 2)).toEqual([
      '[] -> router/restore',
      '[router/restore] -> router/configure',
    ])
    expect(stepsOf(planFor({...facts, routerLeftover: 'obsolete'}))).toBe('[] -> router/leftover')
  })

  it('gives a service another port only with new replicas', async () => {
    const stack = await stackOf(ROUTED)
    const on = (port: number, number: number) =>
      container('web', {published: true, number, targets: new Map([[80, port]])})
    expect(isEmpty(planFor({stack, containers: [on(80, 1), on(80, 2)]}))).toBe(true)
    const plan = planFor({stack, containers: [on(80, 1), on(8000, 2)]})
    expect(plan.changes.map(({because}) => because)).toEqual([['its route changed']])
    expect(plan.steps.map(({id}) => id)).toContain('web/2/create')
    expect(plan.steps.map(({id}) => id)).not.toContain('web/1/create')
  })

  it('is started when it was stopped, and goes when no service is routed any more', async () => {
    const stack = await stackOf(ROUTED)
    const containers = [container('web', {published: false}), container('web', {number: 2, published: false})]
    expect(planFor({stack, containers, router: 'stopped'}).steps[0]?.id).toBe('router/start')
  })
})

function needsOf(steps: readonly Step[], id: string): readonly string[] {
  const step = steps.find((candidate) => candidate.id === id)
  if (step === undefined) throw new Error(`no step ${id}`)
  return step.needs
}
