import {describe, expect, it} from 'vitest'

import type {Release} from './app.js'

import {expectNoCost, expectStreamsRespected, textOf} from './scenario.js'
import {hasBegun, openStage, type Run, type Stage, succeeded} from './stage.js'

/** As many stacks share the steps: each takes every n-th. Most of the time is spent waiting for drains. */
const SHARDS = 4
const TIMEOUT_MS = 900_000
/** Beyond this many the deploy never ends. */
const MAX_STEPS = 60

/** What is done about the release that was cut short: each in turn. */
const REMEDIES = ['deploy', 'resume', 'abort'] as const

/** A migration of 1 s that keeps a record of its own of when it ran, and for which release. */
function release(version: string): Release {
  const script = String.raw`
    const log = (what) => require('fs').appendFileSync('/runs/log', what + ' ${version}\n')
    log('begin'); setTimeout(() => log('end'), 1000)`
  const migrate = {
    image: 'stackctl/node:24',
    command: ['node', '-e', script],
    user: '0',
    volumes: ['runs:/runs'],
    'x-stackctl': {job: 'pre-deploy'},
  }
  return {
    version,
    updateConfig: {parallelism: 0, monitor: '1s'},
    others: {migrate},
    service: {volumes: ['runs:/runs:ro']},
    top: {volumes: {runs: {}}},
  }
}

interface Round {
  readonly stage: Stage
  readonly current: Release
  readonly next: Release
  /** The step at whose beginning the CLI is killed, from 1. */
  readonly step: number
}

/** Ends the CLI when the step has begun, that is when the journal has it. Answers undefined when the deploy ended before. */
async function killAt({next, stage, step}: Round): Promise<Run | undefined> {
  await stage.write(next)
  const cli = stage.start('deploy')
  const isReached = await cli.said(hasBegun(step)).then(
    () => true,
    () => false,
  )
  cli.signal('SIGKILL')
  const run = await cli.result
  if (!isReached) succeeded(run)
  return isReached ? run : undefined
}

/** Kills a deploy, makes good what it left, and expects that no client has noticed and that everything is as it should be. */
async function playRound(round: Round): Promise<{serves: Release; isEnd: boolean}> {
  const {current, next, stage, step} = round
  const before = await stage.replicas()
  const fromMs = Date.now()
  const killed = await killAt(round)
  if (killed === undefined) return {serves: next, isEnd: true}
  const between = await stage.replicas()
  const remedy = REMEDIES[step % REMEDIES.length]!
  const remedied = await stage.run(remedy, '--yes')
  await stage.load.after(50)
  const report = stage.load.between(fromMs)
  const events = [...killed.events, ...remedied.events]
  const what = `killed at step ${step}, then ${remedy}\n${textOf(killed)}\n--- ${remedy}\n${textOf(remedied)}\n${remedied.stdout}`
  // It may have come to its end before the signal reached it.
  const isAborted = remedied.stdout.includes('"aborted"')
  const serves = isAborted ? current : next
  console.log(
    `killed at step ${step}, then ${remedy}: exit ${remedied.exitCode}, ${report.failures.length} of ${report.ok} failed`,
  )
  expect(remedied.exitCode, what).toBe(0)
  expectNoCost(report, what)
  expectStreamsRespected(report, {
    events,
    replicas: [...before, ...between, ...(await stage.replicas())],
    spared: undefined,
  })
  await stage.expectSettled({version: serves.version})
  const ledger = await stage.ledger()
  expect(
    ledger.filter(({result}) => result === 'running' || result === 'interrupted'),
    what,
  ).toEqual([])
  expect(ledger.at(-1)?.result, what).toBe(isAborted ? 'aborted' : 'deployed')
  const runs = ((await stage.given()).runs ?? '').split('\n').filter((line) => line.endsWith(` ${next.version}`))
  const once = [`begin ${next.version}`, `end ${next.version}`]
  if (isAborted) expect([[], once], what).toContainEqual(runs)
  else expect(runs, what).toEqual(once)
  return {serves, isEnd: false}
}

async function playShard(shard: number): Promise<void> {
  let current = release(`s${shard}`)
  const stage = await openStage(`kill${shard}`, current)
  try {
    for (let step = shard + 1; step <= MAX_STEPS; step += SHARDS) {
      const {isEnd, serves} = await playRound({stage, current, next: release(`k${step}`), step})
      if (isEnd) return
      current = serves
    }

    throw new Error(`the deploy has more than ${MAX_STEPS} steps`)
  } finally {
    await stage.close()
  }
}

describe('under load, a CLI that is killed', () => {
  const shards = Array.from({length: SHARDS}, (_, shard) => shard)
  it.concurrent.each(shards)(
    `at step %i of the journal, and every ${SHARDS} steps from there, costs no request, and the next command makes it good`,
    async (shard) => playShard(shard),
    TIMEOUT_MS,
  )
})
