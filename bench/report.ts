/** What was measured, as a table with the targets beside it, and as a file. */
import {mkdir, writeFile} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import type {PlanRow} from './plan/plan.js'
import type {UpdateReport} from './rollout/measure.js'
import type {RolloutReport, SystemReport} from './rollout/rollout.js'
import type {StartUpReport} from './startup/startup.js'

import {median, must} from './command.js'

export interface Row {
  readonly what: string
  readonly measured: string
  readonly target: string
  /** Undefined where there is no target. */
  readonly reached?: boolean
}

const RESULTS = path.join(import.meta.dirname, 'results')

/** Writes `results/<part>.json`: what was measured, when, and on what; nothing that names a machine. */
export async function writeResult(part: string, measured: object, loadBefore: number): Promise<void> {
  const compose = await must(['docker', 'compose', 'version', '--short'], {cwd: RESULTS, env: process.env})
  const machine = {
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    // Above the number of cores, others were at work: times grow, and ratios suffer.
    loadAverage: {before: round(loadBefore), after: round(os.loadavg()[0] ?? 0)},
  }
  const versions = {node: process.versions.node, compose: compose.output.trim()}
  const text = JSON.stringify({date: new Date().toISOString().slice(0, 10), machine, versions, ...measured}, null, 2)
  await mkdir(RESULTS, {recursive: true})
  await writeFile(path.join(RESULTS, `${part}.json`), `${text}\n`)
}

export function startUpRows(report: StartUpReport): Row[] {
  return Object.entries(report).map(([what, {oneMs, otherMs, ratio}]) => ({
    what: `${what} / node -e 0`,
    measured: `${Math.round(oneMs)} ms / ${Math.round(otherMs)} ms = ${ratio.toFixed(1)}`,
    target: '≤ 4',
    reached: ratio <= 4,
  }))
}

export function planRows(rows: readonly PlanRow[]): Row[] {
  return rows.map(({containers, ms, services, steps}) => ({
    what: `plan, ${services} services`,
    measured: `${ms} ms (${containers} containers, ${steps} steps)`,
    target: services === 50 ? '< 200 ms' : '',
    ...(services === 50 && {reached: ms < 200}),
  }))
}

export function rolloutRows(report: RolloutReport): Row[] {
  const {compose, stackctl} = report.systems
  if (compose === undefined || stackctl === undefined) return []
  return [...systemRows(report), ...targetRows({compose, stackctl, long: report.longRequests})]
}

function systemRows({systems}: RolloutReport): Row[] {
  return Object.entries(systems).flatMap(([name, {againMs, plainUpdates, refusal, scaleSeconds, updates}]) => {
    const row = (what: string, measured: string): Row => ({what: `${name}: ${what}`, measured, target: ''})
    const crash = refusal.exitCode === 0 ? 'not noticed' : `${refusal.secondsAfterCrash} s after the crash`
    return [
      row('update, 2 s requests in flight', inWords(updates)),
      row('update, fast requests only', inWords(plainUpdates)),
      row('image that crashes', `${inWords([refusal])}; refused ${crash}`),
      row('from 1 to 5 replicas', `${median(scaleSeconds)} s`),
      row('nothing to do', `${againMs} ms`),
    ]
  })
}

/** Of several rounds: all failures, the median of the times, the worst of the latencies. */
function inWords(reports: readonly UpdateReport[]): string {
  const sent = sum(reports.map(({update}) => update.ok + update.failed))
  const worst = Math.max(...reports.map(({update}) => update.worstMs))
  const times = median(reports.map(({seconds}) => seconds))
  return `${failuresOf(reports)} of ${sent} failed, worst ${Math.round(worst)} ms, ${times} s`
}

function targetRows(facts: {compose: SystemReport; stackctl: SystemReport; long: UpdateReport}): Row[] {
  const {compose, long, stackctl} = facts
  const all = [...stackctl.updates, ...stackctl.plainUpdates, stackctl.refusal, long]
  const timeRatio = median(
    stackctl.plainUpdates.map(({seconds}, index) => seconds / (compose.plainUpdates[index]?.seconds ?? NaN)),
  )
  const scaleRatio = median(stackctl.scaleSeconds) / median(compose.scaleSeconds)
  const worst = median(stackctl.updates.map(({worstToSteady}) => worstToSteady))
  const crash = stackctl.refusal.secondsAfterCrash ?? NaN
  return [
    targetRow('failed requests, all updates and the refusal', failuresOf(all), {atMost: 0}),
    targetRow('failed requests, requests of 10 s in flight', long.update.failed, {atMost: 0}),
    targetRow('worst latency / own steady p99.9', worst, {atMost: 2}),
    targetRow('refusal after the crash, seconds', crash, {atMost: 2}),
    targetRow('update, time / docker compose', timeRatio, {atMost: 0.8}),
    targetRow('1 → 5, time / docker compose', scaleRatio, {atMost: 0.7}),
    targetRow('nothing to do, time / docker compose', stackctl.againMs / compose.againMs, {atMost: 3}),
  ]
}

function targetRow(what: string, value: number, {atMost}: {atMost: number}): Row {
  return {what, measured: String(round(value)), target: `≤ ${atMost}`, reached: value <= atMost}
}

function failuresOf(reports: readonly UpdateReport[]): number {
  return sum(reports.map(({update}) => update.failed))
}

/** The rows as lines, in columns. */
export function tableOf(rows: readonly Row[]): string {
  const widths = [rows.map(({what}) => what.length), rows.map(({measured}) => measured.length)].map((lengths) =>
    Math.max(0, ...lengths),
  )
  return rows
    .map(({measured, reached, target, what}) => {
      const verdict = reached === undefined ? '' : reached ? 'reached' : 'MISSED'
      return [what.padEnd(widths[0] ?? 0), measured.padEnd(widths[1] ?? 0), target.padEnd(8), verdict]
        .join('  ')
        .trimEnd()
    })
    .join('\n')
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
