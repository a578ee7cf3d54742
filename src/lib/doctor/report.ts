/** PURE: the doctor's report as text. */
import {styleText} from 'node:util'

import type {Check} from './check.js'

const SIGNS = {
  ok: ['green', '✓'],
  info: ['blue', 'i'],
  warning: ['yellow', '!'],
  problem: ['red', '✗'],
} as const

/** One line per check with its advice below it, and a last line that sums up. */
export function formatChecks(checks: readonly Check[], {colour}: {colour: boolean}): string {
  const width = Math.max(0, ...checks.map(({subject}) => subject.length))
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(style, text, {validateStream: false}) : text
  const lines = checks.flatMap(({verdict, subject, detail, advice}) => {
    const [style, sign] = SIGNS[verdict]
    const line = `${paint(style, sign)} ${subject.padEnd(width)}  ${detail}`
    return advice === undefined ? [line] : [line, paint('dim', `  ${' '.repeat(width)}  → ${advice}`)]
  })
  return [...lines, '', summary(checks)].join('\n')
}

function summary(checks: readonly Check[]): string {
  const problems = checks.filter(({verdict}) => verdict === 'problem').length
  const warnings = checks.filter(({verdict}) => verdict === 'warning').length
  if (problems + warnings === 0) return 'ready: no problem found'
  return [counted(problems, 'problem'), counted(warnings, 'warning')].filter((text) => text !== '').join(', ')
}

function counted(count: number, noun: string): string {
  if (count === 0) return ''
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
