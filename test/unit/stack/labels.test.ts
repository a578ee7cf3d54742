import {describe, expect, it} from 'vitest'

import type {ComposeService} from '../../../src/lib/stack/compose-types.js'

import {composeLabels, networkLabels, volumeLabels} from '../../../src/lib/stack/labels.js'
import {serviceNamed} from '../../../src/lib/stack/read-model.js'
import {restartPolicy} from '../../../src/lib/stack/restart-policy.js'
import {serviceOf, stackOf} from './fixture.js'

describe('the restart policy', () => {
  it.each<[ComposeService, object]>([
    [{}, {Name: ''}],
    [{restart: 'no'}, {Name: 'no'}],
    [{restart: 'on-failure:3'}, {Name: 'on-failure', MaximumRetryCount: 3}],
    [{restart: 'always', deploy: {restart_policy: {condition: 'none'}}}, {Name: 'no'}],
    [{deploy: {restart_policy: {condition: 'any', max_attempts: 3}}}, {Name: 'always'}],
    [
      {deploy: {restart_policy: {condition: 'on-failure', max_attempts: 3}}},
      {Name: 'on-failure', MaximumRetryCount: 3},
    ],
    [{deploy: {restart_policy: {}}}, {Name: 'always'}],
  ])('of %j is %j', async (service, policy) => {
    expect(restartPolicy(await serviceOf(service))).toEqual(policy)
  })
})

describe('the labels of docker compose', () => {
  it('are those that docker compose ps reads', async () => {
    const stack = {
      ...(await stackOf({web: {depends_on: {db: {condition: 'service_healthy', restart: true}}}, db: {}})),
      envFile: '/srv/shop/.env',
      composeVersion: '2.40.1',
    }
    expect(
      composeLabels(stack, serviceNamed(stack, 'web'), {
        number: 2,
        oneoff: true,
        configHash: 'v1:abc',
        imageId: 'sha256:1',
      }),
    ).toEqual({
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': 'web',
      'com.docker.compose.container-number': '2',
      'com.docker.compose.oneoff': 'True',
      'com.docker.compose.config-hash': 'v1:abc',
      'com.docker.compose.image': 'sha256:1',
      'com.docker.compose.depends_on': 'db:service_healthy:true',
      'com.docker.compose.project.config_files': '/srv/shop/compose.yaml',
      'com.docker.compose.project.working_dir': '/srv/shop',
      'com.docker.compose.project.environment_file': '/srv/shop/.env',
      'com.docker.compose.version': '2.40.1',
    })
  })

  it('name network and volume by their key', async () => {
    const stack = await stackOf({web: {}}, {networks: {back: null}, volumes: {data: null}})
    expect(networkLabels(stack, stack.networks[0]!)).toMatchObject({
      'com.docker.compose.network': 'back',
      'com.docker.compose.project': 'shop',
    })
    expect(volumeLabels(stack, stack.volumes[0]!)).toMatchObject({'com.docker.compose.volume': 'data'})
  })
})
