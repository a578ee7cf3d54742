import {describe, expect, it} from 'vitest'

import type {ComposeService} from '../../../src/lib/stack/compose-types.js'

import {unhonouredKeys} from '../../../src/lib/stack/honoured.js'
import {stackOf} from './fixture.js'

type Deploy = NonNullable<ComposeService['deploy']>

const rolloutOf = async (deploy: Deploy) => (await stackOf({web: {deploy}})).services[0]?.rollout

describe('update_config', () => {
  it.each(['rollback', 'pause', 'continue'])('takes failure_action %s', async (action) => {
    const update_config = {failure_action: action, max_failure_ratio: 0.25}
    expect(await rolloutOf({update_config})).toMatchObject({failureAction: action, maxFailureRatio: 0.25})
    expect(unhonouredKeys({name: 'shop', services: {web: {deploy: {update_config}}}})).toEqual([])
  })

  it.each([-0.1, 1.01, NaN])('refuses a max_failure_ratio of %d by its key', async (ratio) => {
    await expect(rolloutOf({update_config: {max_failure_ratio: ratio}})).rejects.toThrow(
      `services.web.deploy.update_config.max_failure_ratio is ${ratio}`,
    )
    await expect(rolloutOf({rollback_config: {max_failure_ratio: ratio}})).rejects.toThrow(
      `services.web.deploy.rollback_config.max_failure_ratio is ${ratio}`,
    )
  })
})

describe('rollback_config', () => {
  it('is nothing where the file says nothing', async () => {
    expect((await rolloutOf({}))?.rollback).toBeUndefined()
  })

  it('is all at once, old ones first, without a pause or a window, and goes on after a failure, unless the file says otherwise', async () => {
    expect((await rolloutOf({rollback_config: {}}))?.rollback).toEqual({
      order: 'start-first',
      parallelism: 0,
      delayMs: 0,
      monitorMs: 0,
      failureAction: 'continue',
      maxFailureRatio: 0,
    })
  })

  it('is what the file says', async () => {
    const rollback_config = {
      order: 'stop-first',
      parallelism: 2,
      delay: '1s',
      monitor: '3s',
      failure_action: 'pause',
      max_failure_ratio: 0.5,
    }
    expect((await rolloutOf({rollback_config}))?.rollback).toEqual({
      order: 'stop-first',
      parallelism: 2,
      delayMs: 1000,
      monitorMs: 3000,
      failureAction: 'pause',
      maxFailureRatio: 0.5,
    })
    expect(unhonouredKeys({name: 'shop', services: {web: {deploy: {rollback_config}}}})).toEqual([])
  })

  it('is never rolled back itself', async () => {
    await expect(rolloutOf({rollback_config: {failure_action: 'rollback'}})).rejects.toThrow(
      'services.web.deploy.rollback_config.failure_action is "rollback"',
    )
  })
})
