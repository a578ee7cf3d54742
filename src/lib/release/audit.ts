/**
 * Who did what to a stack, and how it ended: one file per command. Several may write at once, on different hosts, so a name
 * is never used twice. Entries are filed by month: when the last of a month is beyond the limit, one empty file takes
 * the place of all of them.
 */
import {randomBytes} from 'node:crypto'

import type {Engine} from '../engine/engine.js'
import type {AuditEntry} from './record.js'

import {type FoundFile, StateFiles} from './state-files.js'
import {jsonOf} from './versions.js'

/** So many entries are kept. */
export const AUDIT_LIMIT = 500

const DIRECTORY = 'audit'

/** Adds an entry and lets the oldest go. Makes the state of the stack if there is none. Throws what the engine throws. */
export async function appendAudit(engine: Engine, project: string, entry: AuditEntry): Promise<void> {
  const state = new StateFiles(engine, project)
  await state.write([{path: pathFor(entry), content: JSON.stringify(entry)}])
  await state.remove(surplus(await state.list(DIRECTORY), AUDIT_LIMIT))
}

/** The newest entries, newest first. None where the stack has no state at this engine. */
export async function readAudit(
  engine: Engine,
  project: string,
  {limit}: {readonly limit: number},
): Promise<AuditEntry[]> {
  const files = byAge(await new StateFiles(engine, project).list(DIRECTORY)).toReversed()
  return files.flatMap(({content}) => (jsonOf(content) as AuditEntry | undefined) ?? []).slice(0, limit)
}

/** What has to go so that `limit` entries stay: entries, or the month of which none stays. Pure. */
export function surplus(files: readonly FoundFile[], limit: number): string[] {
  const kept = byAge(files)
  const leaving = kept.splice(0, Math.max(0, kept.length - limit))
  const months = new Set(kept.map(({path}) => monthOf(path)))
  return [...new Set(leaving.map(({path}) => (months.has(monthOf(path)) ? path : monthOf(path))))]
}

/** `audit/2026-11/2026-11-20T06-30-42.123Z-5f0c9a1e.json` */
function pathFor({at}: AuditEntry): string {
  const time = at.replaceAll(':', '-')
  return `${DIRECTORY}/${time.slice(0, 7)}/${time}-${randomBytes(4).toString('hex')}.json`
}

function monthOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** Oldest first: names begin with the time. Those that were removed are left out. */
function byAge(files: readonly FoundFile[]): FoundFile[] {
  return files.filter(({content}) => content.length > 0).toSorted((left, right) => (left.path < right.path ? -1 : 1))
}
