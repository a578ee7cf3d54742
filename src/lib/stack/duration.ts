/** Durations as docker compose writes them: `1m30s`, `1.5s`, `500ms`, and Go's bare nanoseconds. */

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

const WHOLE = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h|d|w))+$/
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h|d|w)/g

/** Milliseconds of a duration; undefined when the text is none. A bare number counts nanoseconds, as Go prints it. */
export function parseDurationMs(value: number | string): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value / 1e6 : undefined
  const text = value.trim()
  if (/^\d+$/.test(text)) return Number(text) / 1e6
  if (!WHOLE.test(text)) return undefined
  let totalMs = 0
  for (const [, amount, unit] of text.matchAll(PART)) totalMs += Number(amount) * (MS_PER_UNIT[unit ?? ''] ?? 0)
  return totalMs
}

/** Nanoseconds for the Engine API, which takes integers only. */
export function durationNs(value: number | string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ms = parseDurationMs(value)
  return ms === undefined ? undefined : Math.round(ms * 1e6)
}

/** The shortest way to write a duration: `90s` becomes `1m30s`. Parts below a millisecond are dropped. */
export function formatDuration(ms: number): string {
  const whole = Math.floor(ms)
  if (whole < 1000) return `${whole}ms`
  const hours = Math.floor(whole / 3_600_000)
  const minutes = Math.floor((whole % 3_600_000) / 60_000)
  const seconds = (whole % 60_000) / 1000
  return [hours && `${hours}h`, minutes && `${minutes}m`, seconds && `${seconds}s`].filter(Boolean).join('')
}

/** Milliseconds of a duration of `x-stackctl`, which must have a unit: a bare 30 could mean anything. */
export function extensionDurationMs(value: unknown): number | undefined {
  return typeof value === 'string' && /[a-zµμ]/.test(value) ? parseDurationMs(value) : undefined
}
