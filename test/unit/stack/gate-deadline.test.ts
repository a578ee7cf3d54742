import {describe, expect, it} from 'vitest'

import type {ComposeHealthcheck} from '../../../src/lib/stack/compose-types.js'
import type {Service} from '../../../src/lib/stack/model.js'

import {DEFAULT_CHECK, gateDeadlineMs, plannedGateDeadlineMs} from '../../../src/lib/stack/gate-deadline.js'

const POLICY = {timeoutMs: undefined, successes: 2}

describe('the deadline of a gate', () => {
  it('is what the engine would take to call the container unhealthy, and at least 30 s', () => {
    expect(gateDeadlineMs(POLICY, DEFAULT_CHECK)).toBe(180_000)
    expect(gateDeadlineMs(POLICY, {intervalMs: 1000, timeoutMs: 1000, startPeriodMs: 0, retries: 3})).toBe(30_000)
    expect(gateDeadlineMs(POLICY, undefined)).toBe(30_000)
  })

  it('is gate.timeout where the file has one, however short', () => {
    expect(gateDeadlineMs({...POLICY, timeoutMs: 2000}, DEFAULT_CHECK)).toBe(2000)
  })
})

describe('the deadline in a plan', () => {
  const planned = (healthcheck: ComposeHealthcheck | undefined, timeoutMs?: number): number | undefined =>
    plannedGateDeadlineMs({compose: {healthcheck}, gate: {...POLICY, timeoutMs}} as unknown as Service)

  it.each([
    [{test: ['CMD', 'true'], interval: '5s', timeout: '2s', retries: 5, start_period: '10s'}, 45_000],
    [{test: ['CMD', 'true'], interval: '10s'}, 120_000],
    [{test: ['CMD', 'true'], interval: '0s'}, 180_000],
    [{test: ['NONE']}, 30_000],
    [{disable: true}, 30_000],
  ])('follows from the health check of the file: %o', (healthcheck, expected) => {
    expect(planned(healthcheck)).toBe(expected)
  })

  it('is left open where the image may bring a health check along', () => {
    expect([planned(undefined), planned({interval: '5s'})]).toEqual([undefined, undefined])
  })

  it('is gate.timeout whatever the image brings', () => {
    expect(planned(undefined, 9000)).toBe(9000)
  })
})
