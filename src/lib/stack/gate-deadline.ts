/** How long a new replica may go without progress before its gate closes. Pure, so that a plan can say it beforehand. */
import type {ComposeHealthcheck} from './compose-types.js'
import type {GatePolicy, Service} from './model.js'

import {parseDurationMs} from './duration.js'

/** The times of a health check, as the engine uses them. */
export interface CheckTimes {
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly startPeriodMs: number
  readonly retries: number
}

/** The engine's defaults (docs: Dockerfile reference, HEALTHCHECK). */
export const DEFAULT_CHECK: CheckTimes = {intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, retries: 3}

/** A check that would allow less is given this long all the same: a cold start is not a failure. */
const MIN_DEADLINE_MS = 30_000

/**
 * `gate.timeout` if it is set; else the longest that the engine itself would take to call the container unhealthy (moby
 * daemon/health.go), at least 30 s. The time starts anew with each progress (gate/progress.ts).
 */
export function gateDeadlineMs(policy: GatePolicy, check: CheckTimes | undefined): number {
  if (policy.timeoutMs !== undefined) return policy.timeoutMs
  if (check === undefined) return MIN_DEADLINE_MS
  const worstCaseMs = check.startPeriodMs + check.retries * (check.intervalMs + check.timeoutMs)
  return Math.max(MIN_DEADLINE_MS, worstCaseMs)
}

/**
 * The deadline as far as the files tell it; undefined where it is up to the image, whose own health check is not known
 * before it is there. Times that the file leaves out beside a `test` are taken for the engine's defaults.
 */
export function plannedGateDeadlineMs({compose, gate}: Service): number | undefined {
  const check = compose.healthcheck
  if (gate.timeoutMs !== undefined || isDisabled(check)) return gateDeadlineMs(gate, undefined)
  return check?.test === undefined ? undefined : gateDeadlineMs(gate, timesOf(check))
}

function isDisabled(check: ComposeHealthcheck | undefined): boolean {
  return check?.disable === true || check?.test?.[0] === 'NONE'
}

function timesOf(check: ComposeHealthcheck): CheckTimes {
  return {
    intervalMs: msOf(check.interval) ?? DEFAULT_CHECK.intervalMs,
    timeoutMs: msOf(check.timeout) ?? DEFAULT_CHECK.timeoutMs,
    startPeriodMs: msOf(check.start_period) ?? DEFAULT_CHECK.startPeriodMs,
    retries: check.retries || DEFAULT_CHECK.retries,
  }
}

/** Zero is how the engine writes "not set". */
function msOf(duration: string | undefined): number | undefined {
  const ms = duration === undefined ? undefined : parseDurationMs(duration)
  return ms === 0 ? undefined : ms
}
