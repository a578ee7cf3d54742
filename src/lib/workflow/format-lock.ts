/** PURE: `stackctl lock` as text. */
import type {LockReport} from './lock.js'

import {formatDuration} from '../progress/duration.js'
import {describeHolder} from '../release/holder.js'

/** `shop: held by ci@runner-7 (pid 812, "deploy" since 2026-05-01T12:00:00.000Z), alive, last sign of life 2.1s ago` */
export function formatLock({heartbeatAgeMs, holder, life, project}: LockReport): string {
  if (holder === null) return `${project}: free`
  const silence = heartbeatAgeMs === null ? '' : `, last sign of life ${formatDuration(heartbeatAgeMs)} ago`
  return `${project}: held by ${describeHolder(holder)}, ${life}${life === 'unknown' ? '' : silence}`
}
