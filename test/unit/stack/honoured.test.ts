import {describe, expect, it} from 'vitest'

import type {ComposeProject, ComposeService} from '../../../src/lib/stack/compose-types.js'

import {UnsupportedKeyError} from '../../../src/lib/errors.js'
import {checkEngineSupports, checkHonoured, unhonouredKeys} from '../../../src/lib/stack/honoured.js'
import {stackOf} from './fixture.js'

/** Keys of a service in the Compose specification, as of 2026. */
const SPECIFIED =
  `annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name
  cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on
  deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends
  external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels links logging
  mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks oom_kill_disable
  oom_score_adj pid pids_limit platform ports post_start pre_start pre_stop privileged profiles provider pull_policy
  pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal
  storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir`.split(
    /\s+/,
  )

const REFUSED = ['credential_spec', 'models', 'post_start', 'pre_start', 'pre_stop', 'provider', 'use_api_socket']

const project = (web: ComposeService, rest: Partial<ComposeProject> = {}): ComposeProject => ({
  name: 'shop',
  services: {web},
  ...rest,
})
const paths = (value: ComposeProject) => unhonouredKeys(value).map(({path}) => path.join('.'))

describe('a key of a service', () => {
  it.each(SPECIFIED.filter((key) => !REFUSED.includes(key)))('is honoured or rightly skipped: %s', (key) => {
    expect(paths(project({[key]: 'text'}))).toEqual([])
  })

  it.each(REFUSED)('is refused, with what to do: %s', (key) => {
    const [found, ...others] = unhonouredKeys(project({[key]: {some: 'thing'}}))
    expect([found?.path, others]).toEqual([['services', 'web', key], []])
    expect(found?.remedy).toMatch(/\.$/)
  })

  it.each(REFUSED)('is let pass where it asks for nothing: %s', (key) => {
    expect(paths(project({[key]: []}))).toEqual([])
  })

  it('that nobody knows is refused', () => {
    expect(paths(project({teleport: true}))).toEqual(['services.web.teleport'])
  })

  it('of ours or of others, x-…, is let pass at every depth', () => {
    expect(paths(project({'x-a': 1, deploy: {'x-b': 1}, ports: [{target: 1, 'x-c': 1} as never]}, {'x-d': 1}))).toEqual(
      [],
    )
  })
})

describe('a key further down', () => {
  it.each<[string, ComposeProject]>([
    ['services.web.deploy.endpoint_mode', project({deploy: {endpoint_mode: 'dnsrr'}})],
    ['services.web.deploy.mode', project({deploy: {mode: 'replicated-job'}})],
    ['services.web.deploy.placement.max_replicas_per_node', project({deploy: {placement: {max_replicas_per_node: 1}}})],
    [
      'services.web.deploy.resources.reservations.generic_resources',
      project({deploy: {resources: {reservations: {generic_resources: [1]}}} as never}),
    ],
    ['services.web.deploy.update_config.speed', project({deploy: {update_config: {speed: 1} as never}})],
    ['services.web.healthcheck.mood', project({healthcheck: {mood: 1} as never})],
    ['services.web.ports.1.weather', project({ports: [{target: 1}, {target: 2, weather: 1} as never]})],
    ['services.web.networks.back.colour', project({networks: {default: null, back: {colour: 1} as never}})],
    ['services.web.volumes.0.type', project({volumes: [{type: 'npipe', target: '/x'}]})],
    ['services.web.volumes.0.bind.fast', project({volumes: [{type: 'bind', target: '/x', bind: {fast: 1} as never}]})],
    ['services.web.build.wishes', project({build: {context: '.', wishes: 1}})],
    ['services.web.depends_on.db.mood', project({depends_on: {db: {mood: 1} as never}})],
    ['services.web.blkio_config.speed', project({blkio_config: {speed: 1} as never})],
    ['networks.back.speed', project({}, {networks: {back: {speed: 1}}})],
    ['volumes.data.speed', project({}, {volumes: {data: {speed: 1}}})],
    ['secrets.s.external', project({}, {secrets: {s: {external: true}}})],
    ['configs.c.template_driver', project({}, {configs: {c: {template_driver: 'golang'}}})],
    ['models', project({}, {models: {llm: {}}})],
  ])('is refused: %s', (path, value) => {
    expect(paths(value)).toEqual([path])
  })

  it('is honoured or skipped where it can be', () => {
    const deploy = {
      mode: 'global',
      endpoint_mode: 'vip',
      labels: {a: 'b'},
      placement: {constraints: ['node.role == manager'], preferences: [{spread: 'x'}]},
      restart_policy: {condition: 'any', delay: '1s', max_attempts: 1, window: '1s'},
      rollback_config: {parallelism: 1, order: 'stop-first'},
      resources: {
        limits: {cpus: 1, memory: '1', pids: 1},
        reservations: {cpus: 1, memory: '1', devices: [{capabilities: ['gpu'], count: 1}]},
      },
    }
    expect(paths(project({deploy: deploy}))).toEqual([])
  })
})

describe('the error', () => {
  it('names every key at once and never shows a value', async () => {
    const value = project({provider: {type: 'cloud', options: {token: 'hush-hush'}}, teleport: 'hush-hush'})
    const error: unknown = await checkHonoured(value, []).catch((error_: unknown) => error_)
    expect(error).toBeInstanceOf(UnsupportedKeyError)
    expect((error as Error).message).toBe(
      'services.web.provider is not supported; services.web.teleport is not known to this version',
    )
    expect(JSON.stringify(error)).not.toContain('hush-hush')
  })
})

describe('an older engine', () => {
  it.each<[string, ComposeService, string]>([
    ['annotations', {annotations: {a: 'b'}}, '1.43'],
    [
      'volumes.0.volume.subpath',
      {volumes: [{type: 'volume', source: 'd', target: '/d', volume: {subpath: 'x'}}]},
      '1.45',
    ],
    ['volumes.0', {volumes: [{type: 'image', source: 'i', target: '/d'}]}, '1.48'],
    ['networks.back.interface_name', {networks: {back: {interface_name: 'eth7'}}}, '1.49'],
    ['networks.back.gw_priority', {networks: {back: {gw_priority: 1}}}, '1.48'],
    [
      'networks.other.mac_address',
      {networks: {back: {priority: 1}, other: {mac_address: '02:42:ac:11:65:43'}}},
      '1.44',
    ],
  ])('is told that it cannot do %s', async (key, service, api) => {
    const stack = await stackOf({web: service})
    await expect(checkEngineSupports(stack, '1.41')).rejects.toThrow(
      `services.web.${key} needs an engine with API ${api}, and this one has 1.41`,
    )
    await expect(checkEngineSupports(stack, api)).resolves.toBeUndefined()
  })
})
