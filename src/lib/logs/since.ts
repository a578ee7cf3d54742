/** PURE: `--since` as people write it. */
import {UsageError} from '../errors.js'
import {parseDurationMs} from '../stack/duration.js'

/** Seconds since the epoch of `10m` (ago), `2026-05-01T12:00:00Z`, or a Unix time. */
export function parseSince(text: string, now: Date): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text)
  const durationMs = parseDurationMs(text)
  if (durationMs !== undefined) return (now.getTime() - durationMs) / 1000
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return time / 1000
  throw new UsageError(`--since ${text} is neither a duration nor a time`, {
    suggestions: ['write --since 10m, --since 2h30m or --since 2026-05-01T12:00:00Z'],
  })
}
