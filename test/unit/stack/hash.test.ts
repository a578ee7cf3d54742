import fc from 'fast-check'
import {describe, expect, it} from 'vitest'

import type {ComposeProject, ComposeService} from '../../../src/lib/stack/compose-types.js'

import {canonicalJson} from '../../../src/lib/stack/canonical.js'
import {configHash, type HashFacts} from '../../../src/lib/stack/hash.js'
import {serviceOf, stackOf} from './fixture.js'

const FACTS: HashFacts = {imageIdentity: 'sha256:1', fileDigests: {'secret:s': 'a'}}

const hash = async (service: ComposeService, facts = FACTS, rest: Partial<ComposeProject> = {}) =>
  configHash(await serviceOf(service, rest), facts)

/** Every key that reaches a container, with two values. */
const IN_CONTAINER: [key: string, a: unknown, b: unknown][] = [
  ['annotations', {a: '1'}, {a: '2'}],
  ['blkio_config', {weight: 1}, {weight: 2}],
  ['cap_add', ['A'], ['B']],
  ['cgroup', 'host', 'private'],
  ['command', ['a'], ['b']],
  ['configs', [{source: 'a'}], [{source: 'a', target: '/b'}]],
  ['cpus', 1, 2],
  ['devices', [{source: '/a'}], [{source: '/b'}]],
  ['dns', ['1.1.1.1'], ['1.1.1.2']],
  ['entrypoint', ['a'], []],
  ['environment', {A: '1'}, {A: '2'}],
  ['expose', ['1'], ['2']],
  ['extra_hosts', ['a=1'], ['a=2']],
  ['healthcheck', {test: ['CMD', 'a']}, {test: ['CMD', 'b']}],
  ['hostname', 'a', 'b'],
  ['container_name', 'a', 'b'],
  ['platform', 'linux/amd64', 'linux/arm64'],
  ['labels', {a: '1'}, {a: '2'}],
  ['logging', {driver: 'a'}, {driver: 'b'}],
  ['mem_limit', '1', '2'],
  ['networks', {default: null}, {default: {aliases: ['x']}}],
  ['ports', [{target: 1}], [{target: 1, published: '2'}]],
  ['privileged', true, false],
  ['restart', 'always', 'no'],
  ['secrets', [{source: 'a'}], [{source: 'a', mode: 256}]],
  ['security_opt', ['seccomp={}'], ['seccomp={"a":1}']],
  ['stop_grace_period', '1s', '2s'],
  ['stop_signal', 'SIGINT', 'SIGTERM'],
  ['tmpfs', ['/a'], ['/b']],
  ['ulimits', {nproc: 1}, {nproc: 2}],
  ['user', '1', '2'],
  ['volumes', [{type: 'tmpfs', target: '/a'}], [{type: 'tmpfs', target: '/b'}]],
  ['working_dir', '/a', '/b'],
  ['deploy', {resources: {limits: {memory: '1'}}}, {resources: {limits: {memory: '2'}}}],
  ['deploy', {restart_policy: {condition: 'any'}}, {restart_policy: {condition: 'none'}}],
]

/** Keys that decide about something else. */
const ELSEWHERE: [key: string, a: unknown, b: unknown][] = [
  ['scale', 1, 3],
  ['deploy', {replicas: 1}, {replicas: 5}],
  ['deploy', {update_config: {parallelism: 1}}, {update_config: {parallelism: 2, order: 'stop-first', monitor: '1s'}}],
  ['deploy', {rollback_config: {delay: '1s'}}, {rollback_config: {delay: '2s'}}],
  ['deploy', {labels: {a: '1'}}, {labels: {a: '2'}}],
  ['deploy', undefined, {replicas: 1}],
  ['profiles', ['a'], ['b']],
  ['build', {context: '/a'}, {context: '/b'}],
  ['pull_policy', 'always', 'never'],
  ['image', 'shop/web:1', 'shop/web:2'],
  ['develop', {a: 1}, {b: 1}],
  ['x-stackctl', {gate: {timeout: '1s'}}, {gate: {timeout: '2s'}, soak: '1s'}],
  ['x-other', 1, 2],
  ['attach', true, false],
]

describe('the config hash', () => {
  it('carries the version of its schema', async () => {
    expect(await hash({})).toMatch(/^v1:[0-9a-f]{64}$/)
  })

  it.each(IN_CONTAINER)('changes with %s', async (key, a, b) => {
    const without = await hash({})
    const hashes = [without, await hash({[key]: a}), await hash({[key]: b})]
    expect(hashes[1]).not.toBe(hashes[2])
  })

  it.each(ELSEWHERE)('does not change with %s', async (key, a, b) => {
    expect(await hash({[key]: a})).toBe(await hash({[key]: b}))
  })

  it('does not change with dependencies', async () => {
    const [a, b] = [
      await stackOf({web: {}, db: {}}),
      await stackOf({web: {depends_on: {db: {condition: 'service_healthy'}}}, db: {}}),
    ]
    expect(configHash(a.services[1]!, FACTS)).toBe(configHash(b.services[1]!, FACTS))
  })

  it('changes with the image and with the content of a secret', async () => {
    const before = await hash({})
    expect(await hash({}, {...FACTS, imageIdentity: 'sha256:2'})).not.toBe(before)
    expect(await hash({}, {...FACTS, fileDigests: {'secret:s': 'b'}})).not.toBe(before)
  })

  it('changes with the name of a network or volume at the engine', async () => {
    const volume = {volumes: [{type: 'volume', source: 'data', target: '/d'}]}
    const named = (name: string) => hash(volume, FACTS, {volumes: {data: {name}}})
    expect(await named('a')).not.toBe(await named('b'))
    const on = (name: string) => hash({}, FACTS, {networks: {default: {name}}})
    expect(await on('a')).not.toBe(await on('b'))
  })

  it('leaves ports and aliases of a routed service to the router', async () => {
    const routed = (published: string, alias: string) => ({
      ports: [{target: 3000, published}],
      networks: {default: {aliases: [alias]}},
      'x-stackctl': {route: {port: 3000}},
    })
    expect(await hash(routed('80', 'a'))).toBe(await hash(routed('81', 'b')))
  })

  it('changes when a service comes to stand behind the router, though no key of its container does', async () => {
    expect(await hash({expose: ['3000'], scale: 1})).not.toBe(await hash({expose: ['3000'], scale: 2}))
    expect(await hash({expose: ['3000'], scale: 2})).toBe(await hash({expose: ['3000'], scale: 3}))
  })

  it('is the same whatever the order of the keys', async () => {
    const service: ComposeService = {
      environment: {A: '1', B: '2'},
      labels: {x: 'y'},
      user: '1',
      healthcheck: {test: ['CMD', 'a'], retries: 2},
    }
    const entries = Object.entries(service)
    const expected = await hash(service)
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(entries, {minLength: entries.length}), async (shuffled) => {
        const reversed = shuffled.map(([key, value]) => [
          key,
          typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).toReversed()) : value,
        ])
        expect(await hash(Object.fromEntries(reversed) as ComposeService)).toBe(expected)
      }),
      {numRuns: 30},
    )
  })

  it('tells two environments apart whenever they differ', async () => {
    const environment = fc.dictionary(fc.stringMatching(/^[A-Z_]{1,6}$/), fc.string())
    await fc.assert(
      fc.asyncProperty(environment, environment, async (a, b) => {
        const isSame = (await hash({environment: a})) === (await hash({environment: b}))
        expect(isSame).toBe(canonicalJson(a) === canonicalJson(b))
      }),
    )
  })
})

describe('canonical JSON', () => {
  it('is the same for equal values and reads back as the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('sorts keys at every depth and keeps the order of lists', () => {
    expect(canonicalJson({b: [{d: 1, c: 2}], a: undefined})).toBe('{"b":[{"c":2,"d":1}]}')
  })
})
