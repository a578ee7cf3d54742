import {describe, expect, it} from 'vitest'

import type {Service} from '../../../src/lib/stack/model.js'

import {ConfigError} from '../../../src/lib/errors.js'
import {checkCycles} from '../../../src/lib/stack/read-dependencies.js'
import {serviceNamed} from '../../../src/lib/stack/read-model.js'
import {serviceOf, SOURCE, stackOf} from './fixture.js'

const completed = {condition: 'service_completed_successfully', required: true}
const started = {condition: 'service_started', required: true}

describe('the model', () => {
  it('has its services in the order of their names', async () => {
    const stack = await stackOf({web: {}, api: {}, db: {}})
    expect(stack.services.map(({name}) => name)).toEqual(['api', 'db', 'web'])
  })

  it('names image, networks and volumes as docker compose does', async () => {
    const stack = await stackOf(
      {web: {image: undefined, build: {context: '/srv/shop'}} as never},
      {networks: {default: {name: 'shop_default'}, back: null}, volumes: {data: null}},
    )
    expect(stack.services[0]?.image).toBe('shop-web')
    expect(stack.networks.map(({name}) => name)).toEqual(['shop_back', 'shop_default'])
    expect(stack.volumes[0]).toMatchObject({key: 'data', name: 'shop_data', external: false, driver: ''})
  })

  it('tells external networks and volumes', async () => {
    const stack = await stackOf(
      {web: {}},
      {networks: {edge: {name: 'edge', external: true}}, volumes: {old: {external: {name: 'old'}}}},
    )
    expect([stack.networks[0]?.external, stack.volumes[0]?.external]).toEqual([true, true])
  })

  it('fills a rollout policy in', async () => {
    expect((await serviceOf({})).rollout).toEqual({
      order: 'stop-first',
      parallelism: 1,
      delayMs: 0,
      monitorMs: 5000,
      failureAction: 'rollback',
      maxFailureRatio: 0,
    })
    const written = {
      order: 'start-first',
      parallelism: 0,
      delay: '2s',
      monitor: '0s',
      failure_action: 'pause',
      max_failure_ratio: 0.3,
    }
    expect((await serviceOf({deploy: {update_config: written}})).rollout).toEqual({
      order: 'start-first',
      parallelism: 0,
      delayMs: 2000,
      monitorMs: 0,
      failureAction: 'pause',
      maxFailureRatio: 0.3,
    })
  })

  it('refuses a failure action that it does not know', async () => {
    await expect(serviceOf({deploy: {update_config: {failure_action: 'explode'}}})).rejects.toThrow(
      'services.web.deploy.update_config.failure_action is "explode"',
    )
  })

  it.each([
    [{}, 1],
    [{scale: 3}, 3],
    [{deploy: {replicas: 0}}, 0],
    [{deploy: {mode: 'global'}}, 1],
  ])('reads %j as %d replicas', async (keys, replicas) => {
    expect((await serviceOf(keys)).replicas).toBe(replicas)
  })

  it('refuses a fixed container name for several replicas', async () => {
    await expect(serviceOf({scale: 2, container_name: 'only'})).rejects.toThrow(
      'service "web" has a container_name and 2 replicas',
    )
  })

  it.each([
    [undefined, 'missing'],
    ['if_not_present', 'missing'],
    ['never', 'never'],
    ['build', 'build'],
    ['always', 'always'],
    ['daily', 'always'],
    ['every_12h', 'always'],
  ])('reads pull policy %s as %s', async (policy, expected) => {
    expect((await serviceOf(policy === undefined ? {} : {pull_policy: policy})).pullPolicy).toBe(expected)
  })

  it('reads the grace period in milliseconds, and leaves it to the image when there is none', async () => {
    expect((await serviceOf({stop_grace_period: '1m30s'})).stopGraceMs).toBe(90_000)
    expect((await serviceOf({})).stopGraceMs).toBeUndefined()
  })

  it('says where the content of configs and secrets comes from', async () => {
    const stack = await stackOf(
      {web: {}},
      {configs: {a: {content: 'x'}, b: {environment: 'B'}}, secrets: {c: {file: '/c'}}},
    )
    expect(stack.configs.map(({source}) => source)).toEqual([
      {from: 'inline', content: 'x'},
      {from: 'environment', variable: 'B'},
    ])
    expect(stack.secrets).toEqual([{kind: 'secret', key: 'c', source: {from: 'file', path: '/c'}}])
    await expect(stackOf({web: {}}, {secrets: {c: {}}})).rejects.toThrow('secret "c" has no content')
  })

  it('keeps ten releases unless the file says otherwise', async () => {
    expect((await stackOf({web: {}})).settings.releases.keep).toBe(10)
    await expect(stackOf({web: {}}, {'x-stackctl': {releases: {keep: 0}}})).rejects.toThrow('releases.keep')
    await expect(stackOf({web: {}}, {'x-stackctl': {releases: {kept: 3}}})).rejects.toThrow('(allowed: keep)')
  })

  it('reads the settings of the stack', async () => {
    const settings = {
      confirm: true,
      router: {image: 'haproxy:3'},
      releases: {keep: 3},
      hooks: {'pre-build': [['npm', 'run', 'build']], 'post-deploy': [{run: ['./tell'], timeout: '30s'}]},
      secrets: {strict: true, generate: {key: {bytes: 32}}},
    }
    const stack = await stackOf({web: {}}, {'x-stackctl': settings})
    expect(stack.settings).toEqual({
      confirm: true,
      routerImage: 'haproxy:3',
      releases: {keep: 3},
      hooks: {
        'pre-build': [{argv: ['npm', 'run', 'build'], timeoutMs: 600_000}],
        'pre-deploy': [],
        'pre-migrate': [],
        'post-deploy': [{argv: ['./tell'], timeoutMs: 30_000}],
        'on-failure': [],
      },
      secrets: {strict: true, generate: {key: {bytes: 32}}},
    })
  })

  it('names the services there are when an unknown one is asked for', async () => {
    const stack = await stackOf({web: {}, db: {}})
    expect(() => serviceNamed(stack, 'wbe')).toThrow(ConfigError)
    expect(serviceNamed(stack, 'db').name).toBe('db')
  })
})

describe('a job', () => {
  it('is what others only wait for to complete', async () => {
    const stack = await stackOf({
      migrate: {},
      web: {depends_on: {migrate: completed}},
      api: {depends_on: {migrate: completed}},
    })
    expect(serviceNamed(stack, 'migrate').job).toBe('pre-deploy')
    expect(serviceNamed(stack, 'web').job).toBeUndefined()
  })

  it('is not what somebody needs to run as well', async () => {
    const stack = await stackOf({setup: {}, web: {depends_on: {setup: completed}}, api: {depends_on: {setup: started}}})
    expect(serviceNamed(stack, 'setup').job).toBeUndefined()
  })

  it('is what x-stackctl calls one', async () => {
    expect(await serviceOf({'x-stackctl': {job: 'pre-deploy'}})).toMatchObject({
      job: 'pre-deploy',
      jobTimeoutMs: 30 * 60_000,
    })
    expect(await serviceOf({'x-stackctl': {job: {when: 'pre-deploy', timeout: '10m'}}})).toMatchObject({
      job: 'pre-deploy',
      jobTimeoutMs: 10 * 60_000,
    })
  })
})

describe('dependencies', () => {
  it('keep condition, restart and whether they are required', async () => {
    const stack = await stackOf({
      db: {},
      web: {depends_on: {db: {condition: 'service_healthy', restart: true, required: false}}},
    })
    expect(serviceNamed(stack, 'web').dependsOn).toEqual([
      {service: 'db', condition: 'service_healthy', restart: true, required: false},
    ])
  })

  it('in a circle are refused, whoever made the model', () => {
    const on = (name: string, ...others: string[]) =>
      ({name, dependsOn: others.map((service) => ({service}))}) as unknown as Service
    expect(() => checkCycles([on('a', 'b'), on('b', 'c'), on('c', 'b')])).toThrow('circle: b -> c -> b')
    expect(() => checkCycles([on('a', 'b', 'c'), on('b', 'c'), on('c')])).not.toThrow()
  })
})

describe('links', () => {
  it('become aliases of the linked service', async () => {
    const stack = await stackOf({
      db: {},
      web: {links: ['db:database', 'db']},
      api: {links: ['db:database', 'db:store']},
    })
    expect(serviceNamed(stack, 'db').linkAliases).toEqual(['database', 'store'])
  })

  it('that would give one name to two services are refused', async () => {
    await expect(stackOf({a: {}, b: {}, web: {links: ['a:db']}, api: {links: ['b:db']}})).rejects.toThrow(
      'that name already means service "a"',
    )
    await expect(stackOf({a: {}, b: {}, web: {links: ['a:b']}})).rejects.toThrow('that name already means service "b"')
  })
})

describe('a build', () => {
  const build = async (keys: object) =>
    (await serviceOf({build: {context: '/srv/shop', dockerfile: 'Dockerfile', ...keys}})).build

  it('has absolute paths and the arguments that are set', async () => {
    expect(
      await build({dockerfile: 'docker/web', args: {A: '1', B: null}, extra_hosts: ['a=1.1.1.1'], shm_size: '1048576'}),
    ).toMatchObject({
      contextDir: '/srv/shop',
      dockerfile: '/srv/shop/docker/web',
      args: {A: '1'},
      extraHosts: ['a:1.1.1.1'],
      shmSizeBytes: 1_048_576,
      needsBake: undefined,
    })
  })

  it.each([
    [{secrets: [{source: 'a'}]}, 'build secrets'],
    [{ssh: ['default']}, 'ssh'],
    [{additional_contexts: {x: '/y'}}, 'additional contexts'],
    [{platforms: ['linux/amd64', 'linux/arm64']}, 'several platforms'],
    [{cache_to: ['type=local']}, 'a cache export'],
    [{privileged: true, ulimits: {nproc: 3}}, 'privileged steps, ulimits'],
    [{context: 'https://example.test/repo.git'}, 'a remote context'],
  ])('with %j needs bake', async (keys, reason) => {
    expect((await build(keys))?.needsBake).toBe(reason)
  })

  it.each([{secrets: []}, {platforms: ['linux/amd64']}, {privileged: false}, {cache_from: ['x']}])(
    'with %j does not',
    async (keys) => {
      expect((await build(keys))?.needsBake).toBeUndefined()
    },
  )
})

it('the model says where it came from', async () => {
  expect(await stackOf({web: {}})).toMatchObject({project: 'shop', directory: SOURCE.directory, files: SOURCE.files})
})
