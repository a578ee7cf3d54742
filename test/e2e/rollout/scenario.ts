/** One row of the table: what changes, what gets in its way, and what must be true afterwards. */
import {expect} from 'vitest'

import type {Run, Running, Stage, TimedEvent} from './stage.js'

import {DRAIN_TIMEOUT_MS, type Release, REPLICAS} from './app.js'
import {type LoadReport, MAX_IN_FLIGHT} from './load.js'

export interface Scenario {
  readonly name: string
  readonly release: Release
  /** Runs beside the deploy, from its start. */
  readonly disturb?: (stage: Stage, cli: Running) => Promise<void>
  readonly exit: number
  /** What the error says. */
  readonly says?: RegExp
  readonly serves: 'new' | 'old'
  /**
   * `nothing`: no client notices anything. `own-accepted`: requests that the refused release itself had accepted.
   * `own-answers`: what it answered itself, and nothing else.
   */
  readonly costs?: 'nothing' | 'own-accepted' | 'own-answers'
  /** From start to end. */
  readonly withinMs: number
}

export interface Played {
  readonly run: Run
  readonly report: LoadReport
}

/** How soon a release that breaks while it serves must be seen, and be gone (the issue's own numbers). */
const SEEN_WITHIN_MS = 1000
const ALONE_WITHIN_MS = 3000

/** Plays the scenario on a stage where `old` serves, and expects all that the row says. */
export async function play(stage: Stage, scenario: Scenario, old: Release): Promise<Played> {
  const {costs = 'nothing', release, serves} = scenario
  const before = {replicas: await stage.replicas(), resources: await stage.resources()}
  await stage.write(release)
  const fromMs = Date.now()
  const cli = stage.start('deploy')
  const [run] = await Promise.all([cli.result, scenario.disturb?.(stage, cli)])
  await stage.load.after(50)
  const report = stage.load.between(fromMs)
  const said = `${run.stdout}\n${textOf(run)}`
  note(scenario, {run, report})

  expect(run.exitCode, said).toBe(scenario.exit)
  if (scenario.says) expect(errorOf(run)?.message).toMatch(scenario.says)
  expectCosts(costs, {run, report}, release)
  expectStreamsRespected(report, {run, replicas: before.replicas, spared: costs === 'nothing' ? undefined : release})
  const winner = serves === 'new' ? release : old
  await stage.expectSettled({version: winner.version, replicas: winner.replicas ?? REPLICAS})
  if (serves === 'old') {
    expect(await stage.replicas()).toEqual(before.replicas)
    expect(await stage.resources()).toEqual(before.resources)
  }

  expect(run.endMs - run.startMs, said).toBeLessThan(scenario.withinMs)
  return {run, report}
}

function expectCosts(costs: NonNullable<Scenario['costs']>, {report, run}: Played, release: Release): void {
  const kinds = report.failures.map(({kind, version}) => `${kind} ${version ?? '-'}`)
  if (costs === 'nothing') {
    expect(kinds, textOf(run)).toEqual([])
    return
  }

  const brokeMs = whenItBroke(run, report)
  const seenMs = firstRefusal(run).atMs
  expect(seenMs - brokeMs, 'time until the failure was seen').toBeLessThan(SEEN_WITHIN_MS)
  expect(lastAnswerMs(report, release) - brokeMs, 'time until it served no more').toBeLessThan(ALONE_WITHIN_MS)
  const lastFailureMs = Math.max(brokeMs, ...report.failures.map(({atMs}) => atMs))
  expect(lastFailureMs - brokeMs, 'time until the last failed request').toBeLessThan(ALONE_WITHIN_MS)
  if (costs === 'own-accepted') expect(kinds.length, kinds.join(', ')).toBeLessThanOrEqual(MAX_IN_FLIGHT)
  else expect(kinds.filter((kind) => !kind.endsWith(` 500 ${release.version}`))).toEqual([])
}

/** One line per scenario: what a reader of the results wants to know. */
function note({name}: Scenario, {report, run}: Played): void {
  const {failures, gapMs, ok, slowOk} = report
  console.log(
    `${name}: exit ${run.exitCode} after ${run.endMs - run.startMs} ms, ${failures.length} of ${ok + failures.length} requests failed (${slowOk} of 10 s succeeded), longest gap ${gapMs} ms`,
  )
}

/** The app says in its log when it dies; one that answers 500s breaks with its first. */
function whenItBroke(run: Run, report: LoadReport): number {
  const [, death] = /dies at (\d+)/.exec(run.stdout) ?? []
  const ms = death === undefined ? report.failures[0]?.atMs : Number(death)
  if (ms === undefined) throw new Error(`nothing says when the release broke:\n${run.stdout}`)
  return ms
}

function firstRefusal(run: Run): TimedEvent {
  const event = run.events.find(
    (candidate) => candidate.type === 'step-failed' && candidate.error.code !== 'E_CANCELLED',
  )
  if (event === undefined) throw new Error(`no step failed:\n${textOf(run)}`)
  return event
}

function lastAnswerMs(report: LoadReport, release: Release): number {
  return report.versions.get(release.version)?.lastMs ?? 0
}

/** A stream may be ended once its replica has been drained for the whole drain timeout, or by the replica's own death. */
function expectStreamsRespected(
  report: LoadReport,
  facts: {run: Run; replicas: Awaited<ReturnType<Stage['replicas']>>; spared: Release | undefined},
): void {
  for (const end of report.streamEnds) {
    if (end.version !== undefined && end.version === facts.spared?.version) continue
    const replica = facts.replicas.find(({id}) => end.replica !== undefined && id.startsWith(end.replica))
    const drained = facts.run.events.find(
      (event) => event.type === 'step-started' && event.phase === 'unpublish' && event.replica === replica?.name,
    )
    expect(drained, `the stream of ${replica?.name ?? end.replica} ended without a drain`).toBeDefined()
    expect(end.atMs - drained!.atMs, `drain of ${replica?.name}`).toBeGreaterThanOrEqual(DRAIN_TIMEOUT_MS - 100)
  }
}

export interface ReportedError {
  readonly code: string
  readonly message: string
}

/** The error that the CLI reported, if any. */
export function errorOf(run: Run): ReportedError | undefined {
  return run.exitCode === 0 ? undefined : (JSON.parse(run.stdout) as {error: ReportedError}).error
}

/** What happened, short, for the message of an expectation that fails. */
export function textOf(run: Run): string {
  return run.events
    .map((event) => {
      const at = `+${event.atMs - run.startMs}`
      if ('step' in event) {
        const more = event.type === 'step-failed' ? `: ${event.error.message}` : ''
        return event.type === 'step-progress' ? '' : `${at} ${event.type} ${event.step.title}${more}`
      }

      return `${at} ${event.type} ${'message' in event ? event.message : ''}`
    })
    .filter(Boolean)
    .join('\n')
}
