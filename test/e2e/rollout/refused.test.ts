import {afterAll, afterEach, beforeAll, describe, it} from 'vitest'

import type {Release} from './app.js'

import {play, type Scenario} from './scenario.js'
import {openStage, type Stage} from './stage.js'

const OLD: Release = {version: '1'}

let stage: Stage

beforeAll(async () => {
  stage = await openStage('refused', OLD)
})

afterAll(async () => stage?.close())

const refused = {exit: 6, serves: 'old', ledger: 'rolled-back'} as const
const untouched = {exit: 3, serves: 'old', ledger: 'failed'} as const
const broken = {...refused, costs: 'own-accepted'} as const

/** Of a release that was published before it was refused: what it has in flight ends first, or is drained for its whole timeout. */
const PUBLISHED_WITHIN_MS = 30_000

const SCENARIOS: Scenario[] = [
  {...refused, name: 'exits 0', release: {version: 'e0', mode: 'exits-0'}, says: /exited with code 0/, withinMs: 6000},
  {...refused, name: 'exits 1', release: {version: 'e1', mode: 'exits-1'}, says: /exited with code 1/, withinMs: 6000},
  {...refused, name: 'is never healthy', release: {version: 'never', mode: 'never-healthy'}, withinMs: 12_000},
  {
    ...refused,
    name: 'flaps',
    release: {version: 'flaps', mode: 'flaps', xStackctl: {gate: {timeout: '5s', successes: 4}}},
    withinMs: 12_000,
  },
  {
    ...refused,
    name: 'turns unhealthy while it serves',
    release: {version: 'sick', mode: 'turns-unhealthy'},
    withinMs: PUBLISHED_WITHIN_MS,
  },
  {
    ...broken,
    name: 'dies 3 s after its first request, once',
    release: {version: 'dies', mode: 'dies-once'},
    withinMs: PUBLISHED_WITHIN_MS,
  },
  {
    ...broken,
    name: 'crash-loops every 3 s',
    release: {version: 'loops', mode: 'crash-loops'},
    withinMs: PUBLISHED_WITHIN_MS,
  },
  {
    ...refused,
    costs: 'own-loop',
    name: 'crash-loops every 3 s, all replicas replaced at once',
    release: {version: 'loops-all', mode: 'crash-loops', updateConfig: {parallelism: 0}},
    withinMs: PUBLISHED_WITHIN_MS,
  },
  {
    ...refused,
    name: 'crash-loops every 3 s, held back for 4 s before it is published',
    release: {version: 'soaked', mode: 'crash-loops', xStackctl: {soak: '4s'}},
    withinMs: PUBLISHED_WITHIN_MS,
  },
  {
    ...refused,
    name: 'serves 500s',
    release: {version: '500s', mode: 'serves-500s'},
    costs: 'own-answers',
    withinMs: PUBLISHED_WITHIN_MS,
  },
  {
    ...refused,
    name: 'brings a network along, and exits 1',
    costs: 'reload',
    release: {
      version: 'net',
      mode: 'exits-1',
      service: {networks: ['default', 'more']},
      top: {networks: {default: {}, more: {}}},
    },
    withinMs: 8000,
  },
  {
    ...untouched,
    name: 'has an image that nobody has',
    release: {version: 'no-image', service: {image: 'stackctl.invalid/none:1'}},
    withinMs: 20_000,
  },
  {
    ...untouched,
    name: 'does not build',
    release: {
      version: 'no-build',
      service: {image: undefined, build: {context: '.', dockerfile_inline: 'FROM stackctl/node:24\nRUN exit 3\n'}},
    },
    withinMs: 20_000,
  },
  {
    ...refused,
    exit: 10,
    ledger: 'failed',
    name: 'has a migration that fails',
    release: {version: 'no-migration', others: {migrate: migration('process.exit(4)')}},
    says: /exited with code 4/,
    withinMs: PUBLISHED_WITHIN_MS,
  },
]

function migration(script: string): Record<string, unknown> {
  return {image: 'stackctl/node:24', command: ['node', '-e', script], 'x-stackctl': {job: 'pre-deploy'}}
}

describe('under load, a release that', () => {
  // Each starts from the old release, also after one that failed.
  afterEach(async ({task}) => {
    if (task.result?.state === 'fail') await stage.deployed(OLD)
  })

  it.each(SCENARIOS)('$name', async (scenario) => {
    await play(stage, scenario, OLD)
  })
})
