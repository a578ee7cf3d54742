import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {Release} from './app.js'

import {errorOf, play} from './scenario.js'
import {openStage, type Stage} from './stage.js'

const allAtOnce = {updateConfig: {parallelism: 0}}
const release = (version: string, more: Partial<Release> = {}): Release => ({
  version,
  settings: `settings of ${version}\n`,
  token: `token-of-release-${version}`,
  environment: {FEATURE: `as in ${version}`},
  ...allAtOnce,
  ...more,
})
/** Adds a column, say. */
const migrate = {
  image: 'stackctl/node:24',
  command: ['node', '-e', "console.log('migrated')"],
  'x-stackctl': {job: 'pre-deploy'},
}
const [first, second, third] = [release('1'), release('2'), release('3')]
const migrating = release('4', {others: {migrate}})

let stage: Stage

beforeAll(async () => {
  stage = await openStage('history', first)
  await stage.deployed(second)
  await stage.deployed(third)
})

afterAll(async () => stage?.close())

const moved = {exit: 0, ledger: 'deployed', withinMs: 35_000} as const

async function expectGiven({environment, settings, token}: Release): Promise<void> {
  expect(await stage.given()).toMatchObject({env: environment, settings, token})
}

describe('under load', () => {
  it('a rollback to N-2 brings its environment, config and secret back, whatever the files say', async () => {
    const command = ['rollback', '1', '--yes']
    await play(stage, {...moved, name: 'rollback to N-2', command, release: release('unborn'), serves: first}, third)
    await expectGiven(first)
    expect((await stage.ledger()).at(-1)).toMatchObject({rollbackOf: 1, result: 'deployed', stable: true})
  })

  it('a rollback across a migration is refused, and with --force it happens, without running the job', async () => {
    await stage.deployed(migrating)
    const release4 = (await stage.ledger()).at(-1)
    expect(release4?.migrated).toEqual(['migrate'])
    const refused = {exit: 3, ledger: undefined, serves: 'old', release: migrating, withinMs: 5000} as const
    const back = ['rollback', '2', '--yes']
    const {run} = await play(stage, {...refused, name: 'rollback across a migration', command: back}, migrating)
    expect(errorOf(run)?.message).toContain('migrat')
    const force = [...back, '--force']
    const forced = {
      ...moved,
      name: 'the same with --force',
      command: force,
      release: migrating,
      serves: second,
    } as const
    const {run: second2} = await play(stage, forced, migrating)
    await expectGiven(second)
    expect(second2.events.filter((event) => event.type === 'output' && event.line.includes('migrated'))).toEqual([])
  })

  it('scaling up and down loses no request', async () => {
    const up = {...second, replicas: 4}
    const scaled = {...moved, ledger: undefined, release: second} as const
    await play(
      stage,
      {...scaled, name: 'scale 2 → 4', command: ['scale', 'app', '4'], serves: up, withinMs: 12_000},
      second,
    )
    await play(
      stage,
      {...scaled, name: 'scale 4 → 2', command: ['scale', 'app=2'], serves: second, withinMs: 25_000},
      up,
    )
    await expectGiven(second)
  })
})
