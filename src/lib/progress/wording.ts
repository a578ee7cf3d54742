/** The words that the plain and the live view share. */
import type {StackEvent} from '../events.js'

import {formatDuration} from './duration.js'

type Of<T extends StackEvent['type']> = Extract<StackEvent, {type: T}>

const OUTCOMES = {
  succeeded: 'done',
  failed: 'failed',
  interrupted: 'interrupted',
  'nothing-to-do': 'nothing to do',
} as const satisfies Record<Of<'run-finished'>['outcome'], string>

/** `deploy shop-production` */
export function runTitle(event: Of<'run-started'>): string {
  return `${event.command} ${event.project}`
}

/** `plan: 3 steps, release 7` */
export function planTitle(event: Of<'plan-ready'>): string {
  const count = event.steps.length
  const release = event.release === undefined ? '' : `, release ${event.release}`
  return `plan: ${count === 1 ? '1 step' : `${count} steps`}${release}`
}

/** `done in 12.3s` */
export function outcomeLine(event: Of<'run-finished'>): string {
  return `${OUTCOMES[event.outcome]} in ${formatDuration(event.durationMs)}`
}
