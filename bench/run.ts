/**
 * `npm run bench`, or `npm run bench -- rollout|plan|startup` for one part. Every number is measured beside the one that it is
 * compared with, in one run: quote the ratios, not the times. What each part does and how to read it: docs/benchmarks.md.
 */
import os from 'node:os'

import {benchPlan} from './plan/plan.js'
import {planRows, rolloutRows, type Row, startUpRows, tableOf, writeResult} from './report.js'
import {benchRollout} from './rollout/rollout.js'
import {benchStartUp} from './startup/startup.js'

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

/** The part that works the machine hardest comes last. */
const PARTS: Readonly<Record<string, () => Promise<{rows: Row[]; measured: object}>>> = {
  async startup() {
    const startUp = await benchStartUp()
    return {rows: startUpRows(startUp), measured: {startUp}}
  },
  async plan() {
    const sizes = await benchPlan()
    return {rows: planRows(sizes), measured: {sizes}}
  },
  async rollout() {
    const report = await benchRollout(say)
    return {rows: rolloutRows(report), measured: report}
  },
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in PARTS))
if (unknown.length > 0) {
  process.stderr.write(`no such part: ${unknown.join(', ')}. Parts: ${Object.keys(PARTS).join(', ')}\n`)
  process.exit(2)
}

const rows: Row[] = []
for (const [name, measure] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  say(`# ${name}`)
  const loadBefore = os.loadavg()[0] ?? 0
  const part = await measure()
  await writeResult(name, part.measured, loadBefore)
  rows.push(...part.rows)
}

say(tableOf(rows))
