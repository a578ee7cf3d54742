/** A duration for people: `0.4s`, `12.3s`, `2m 05s`, `1h 02m`. */
export function formatDuration(durationMs: number): string {
  const seconds = durationMs / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${padded(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h ${padded(Math.floor((whole % 3600) / 60))}m`
}

function padded(value: number): string {
  return String(value).padStart(2, '0')
}
