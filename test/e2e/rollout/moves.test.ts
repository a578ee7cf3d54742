import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {Release} from './app.js'

import {play, type Scenario} from './scenario.js'
import {openStage, type Stage} from './stage.js'

const allAtOnce = {updateConfig: {parallelism: 0}}
const files = {settings: 'colour: blue\n', token: 'first-token-of-the-scenario'}
const FIRST: Release = {version: '1', ...files}

let stage: Stage
/** What serves now. */
let current = FIRST

beforeAll(async () => {
  stage = await openStage('moves', FIRST)
})

afterAll(async () => stage?.close())

const moved = {exit: 0, serves: 'new', ledger: 'deployed'} as const

/** Each starts from the release of the one before. */
const SCENARIOS: Scenario[] = [
  {...moved, name: 'a good release, one replica at a time', release: {version: '2', ...files}, withinMs: 40_000},
  {
    ...moved,
    name: 'a release that boots slowly',
    release: {version: '3', mode: 'boots-slowly', ...files, ...allAtOnce, xStackctl: {gate: {timeout: '20s'}}},
    withinMs: 35_000,
  },
  {
    ...moved,
    name: 'a release that will ignore SIGTERM',
    release: {version: '4', mode: 'ignores-sigterm', ...files, ...allAtOnce},
    withinMs: 30_000,
  },
  {
    ...moved,
    name: 'one that replaces it, and has to kill it',
    release: {version: '5', ...files, ...allAtOnce},
    withinMs: 30_000,
  },
  {
    ...moved,
    name: 'the content of a config, and nothing else',
    release: {version: '5', ...files, ...allAtOnce, settings: 'colour: red\n'},
    withinMs: 30_000,
  },
  {
    ...moved,
    name: 'the content of a secret, and nothing else',
    release: {version: '5', ...allAtOnce, settings: 'colour: red\n', token: 'second-token-of-the-scenario'},
    withinMs: 30_000,
  },
]

describe('under load, what is deployed loses no request:', () => {
  it.each(SCENARIOS)('$name', async (scenario) => {
    const before = await stage.replicas()
    await play(stage, scenario, current)
    current = scenario.release
    const after = await stage.replicas()
    expect(after.filter(({id}) => before.some((old) => old.id === id))).toEqual([])
    const {settings, token} = current
    expect(await stage.given()).toMatchObject({settings, token})
  })

  it('update_config, and nothing else: nothing is recreated', async () => {
    const before = await stage.replicas()
    const release = {...current, updateConfig: {parallelism: 1, delay: '3s', monitor: '9s', failure_action: 'pause'}}
    const scenario = {exit: 0, serves: 'old', ledger: undefined, name: 'update_config only', withinMs: 5000} as const
    const {run} = await play(stage, {...scenario, release}, current)
    expect(JSON.parse(run.stdout)).toMatchObject({outcome: 'nothing-to-do'})
    expect(await stage.replicas()).toEqual(before)
  })
})
