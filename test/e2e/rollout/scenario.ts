/** One row of the table: what changes, what gets in its way, and what must be true afterwards. */
import {cpus, loadavg} from 'node:os'
import {expect} from 'vitest'

import type {ReleaseResult} from '../../../src/lib/release/record.js'
import type {Container, Run, Running, Stage, TimedEvent} from './stage.js'

import {DRAIN_TIMEOUT_MS, type Release, REPLICAS} from './app.js'
import {CONNECTIONS, type LoadReport, MAX_IN_FLIGHT} from './load.js'

export interface Scenario {
  readonly name: string
  /** What the files say from now on. */
  readonly release: Release
  /** The command and its arguments; `deploy` unless said otherwise. */
  readonly command?: readonly string[]
  /** Runs beside the deploy, from its start. */
  readonly disturb?: (stage: Stage, cli: Running) => Promise<void>
  readonly exit: number
  /** What the error says. */
  readonly says?: RegExp
  /** Which release all replicas are of afterwards. */
  readonly serves: 'new' | 'old' | Release
  /**
   * `nothing`: no client notices anything. `own-accepted`: at most what can be in flight to each of its replicas that was
   * published, and it is seen and gone in time. `own-answers`: what it answered itself, and nothing else; seen and gone in time.
   * `reload`: a change of networks makes HAProxy close idle connections; a request that is just being sent on one is lost.
   * `own-loop`: as `own-accepted`, of a release that may die anywhere between its start and its publication.
   */
  readonly costs?: 'nothing' | 'reload' | 'own-accepted' | 'own-answers' | 'own-loop'
  /** How the release that this makes ends in the ledger; undefined when it makes none. */
  readonly ledger: ReleaseResult | undefined
  /** From start to end. */
  readonly withinMs: number
}

export interface Played {
  readonly run: Run
  readonly report: LoadReport
}

/** How soon a release that breaks while it serves must be seen, and be gone. */
const SEEN_WITHIN_MS = 1000
const ALONE_WITHIN_MS = 3000

/** The times of the table are those of a machine that has time; one that others keep busy is given more. */
export function patient(ms: number): number {
  const load = loadavg()[0] ?? 0
  return ms * Math.max(1, load / cpus().length / 2)
}

/** Plays the scenario on a stage where `old` serves, and expects all that the row says. */
export async function play(stage: Stage, scenario: Scenario, old: Release): Promise<Played> {
  const {costs = 'nothing', release, serves} = scenario
  const before = await photographed(stage)
  await stage.write(release)
  const fromMs = Date.now()
  const cli = stage.start(...(scenario.command ?? ['deploy']))
  const [run] = await Promise.all([cli.result, scenario.disturb?.(stage, cli)])
  await stage.load.after(50)
  const report = stage.load.between(fromMs)
  const said = `${run.stdout}\n${textOf(run)}`
  note(scenario, {run, report})

  expect(run.exitCode, said).toBe(scenario.exit)
  if (scenario.says) expect(errorOf(run)?.message).toMatch(scenario.says)
  expectCosts(costs, {run, report}, release)
  expectStreamsRespected(report, {
    events: run.events,
    replicas: before.replicas,
    spared: serves === 'old' ? release : undefined,
  })
  const winner = serves === 'new' ? release : serves === 'old' ? old : serves
  await stage.expectSettled({version: winner.version, replicas: winner.replicas ?? REPLICAS})
  await expectLedger(stage, before.release, scenario)
  if (serves === 'old') {
    const after = await photographed(stage)
    expect({replicas: after.replicas, resources: after.resources}).toEqual({
      replicas: before.replicas,
      resources: before.resources,
    })
  }

  expect(run.endMs - run.startMs, said).toBeLessThan(patient(scenario.withinMs))
  return {run, report}
}

interface Photograph {
  readonly replicas: readonly Container[]
  readonly resources: readonly string[]
  /** The newest release in the ledger. */
  readonly release: number
}

async function photographed(stage: Stage): Promise<Photograph> {
  const [replicas, resources, ledger] = await Promise.all([stage.replicas(), stage.resources(), stage.ledger()])
  return {replicas, resources, release: ledger.at(-1)?.release ?? 0}
}

/** At most one release is new, it has ended as it should, and none is still running. */
async function expectLedger(stage: Stage, before: number, scenario: Scenario): Promise<void> {
  const ledger = await stage.ledger()
  const results = ledger.filter(({release}) => release > before).map(({result}) => result)
  expect(results).toEqual(scenario.ledger === undefined ? [] : [scenario.ledger])
  expect(ledger.filter(({result}) => result === 'running')).toEqual([])
  const stable = ledger.filter((record) => record.stable).map(({result}) => result)
  expect(new Set(stable)).toEqual(new Set(['deployed']))
}

function expectCosts(costs: NonNullable<Scenario['costs']>, {report, run}: Played, release: Release): void {
  if (costs === 'nothing') return expectNoCost(report, textOf(run))
  const kinds = kindsOf(report)
  if (costs === 'reload') {
    expect(kinds.filter((kind) => !/^(GET|POST) ECONNRESET /.test(kind))).toEqual([])
    expect(kinds.length).toBeLessThanOrEqual(CONNECTIONS)
    return
  }

  const accepted = MAX_IN_FLIGHT * Math.max(1, publishedBy(run))
  // Where all its replicas die at the same moment nobody serves until the old ones are let in again: the router says 503,
  // for as long as the last expectation below allows.
  const cut = kinds.filter((kind) => !/^(?:GET|POST)(?: slow)? 503 /.test(kind))
  if (costs !== 'own-answers') expect(cut.length, kinds.join(', ')).toBeLessThanOrEqual(accepted)
  else expect(kinds.filter((kind) => !kind.endsWith(` 500 ${release.version}`))).toEqual([])
  if (costs === 'own-loop') return
  const brokeMs = whenItBroke(run, report)
  const seenMs = firstRefusal(run).atMs
  expect(seenMs - brokeMs, 'time until the failure was seen').toBeLessThan(patient(SEEN_WITHIN_MS))
  expect(lastAnswerMs(report, release) - brokeMs, 'time until it served no more').toBeLessThan(patient(ALONE_WITHIN_MS))
  // A request that was accepted before may fail later, when the replica that is drained dies with it.
  const lastMs = Math.max(brokeMs, ...report.failures.map(({startedMs}) => startedMs))
  expect(lastMs - brokeMs, 'time until the last request that failed was sent').toBeLessThan(patient(ALONE_WITHIN_MS))
}

/** How many new replicas were let in: each may take with it what it had accepted. */
function publishedBy({events}: Run): number {
  const published = events.flatMap((event) =>
    event.type === 'step-started' && event.phase === 'publish' ? (event.replica ?? []) : [],
  )
  return new Set(published).size
}

/** One line per scenario: what a reader of the results wants to know. */
function note({name}: Scenario, {report, run}: Played): void {
  const {failures, gapMs, ok, slowOk} = report
  console.log(
    `${name}: exit ${run.exitCode} after ${run.endMs - run.startMs} ms, ${failures.length} of ${ok + failures.length} requests failed (${slowOk} of 10 s succeeded), longest gap ${gapMs} ms`,
  )
}

export function expectNoCost(report: LoadReport, what: string): void {
  const since = (ms: number): string => `+${ms - report.fromMs}`
  const times = report.failures.map(({atMs, startedMs}) => `from ${since(startedMs)} to ${since(atMs)}`)
  expect(kindsOf(report), `${times.join('; ')}\n${what}`).toEqual([])
}

function kindsOf({failures}: LoadReport): string[] {
  return failures.map(({kind, version}) => `${kind} ${version ?? '-'}`)
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
export function expectStreamsRespected(
  report: LoadReport,
  facts: {events: readonly TimedEvent[]; replicas: readonly Container[]; spared: Release | undefined},
): void {
  for (const end of report.streamEnds) {
    if (end.version !== undefined && end.version === facts.spared?.version) continue
    const replica = facts.replicas.find(({id}) => end.replica !== undefined && id.startsWith(end.replica))
    const drained = facts.events.find(
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
