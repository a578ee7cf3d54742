/** The audit log as text. Pure. */
import type {AuditEntry} from '../release/record.js'
import type {AuditLog} from './audit.js'

import {formatNarrowTable} from '../table.js'

const WIDTH = 80

export function formatAudit({project, entries}: AuditLog): string {
  if (entries.length === 0) return `${project}: nobody has changed it yet`
  const head = ['WHEN (UTC)', 'BY', 'COMMAND', 'RELEASE', 'OUTCOME', 'WHAT']
  return formatNarrowTable(
    head,
    entries.map((entry) => row(entry)),
    WIDTH,
  )
}

function row({at, by, command, error, outcome, release, summary}: AuditEntry): string[] {
  const what = [summary, error === undefined ? '' : error.message].filter(Boolean).join(': ')
  return [
    at.slice(0, 16).replace('T', ' '),
    `${by.user}@${by.host}`,
    command,
    release === undefined ? '-' : String(release),
    outcome,
    what,
  ]
}
