/** Every change of a stack goes through here: under the lock, and told to the audit log however it ends. */
import {hostname, userInfo} from 'node:os'

import type {AuditEntry} from '../release/record.js'
import type {Surroundings} from './facts.js'

import {StackError} from '../errors.js'
import {appendAudit} from '../release/audit.js'
import {underLock} from './lock.js'

export interface ChangeRequest {
  readonly surroundings: Surroundings
  readonly command: string
  /** How long to wait for a lock that somebody else holds; undefined = not at all. */
  readonly waitLockMs?: number | undefined
}

/** What was done, for the audit log; `undefined` when nothing was. */
export interface Done {
  readonly release: number | undefined
  readonly summary: string
}

/** Throws LockHeldError (exit 5) when somebody else is changing the stack. The work gets a signal that also ends when the lock is lost. */
export async function changeStack<T>(
  {command, surroundings, waitLockMs}: ChangeRequest,
  work: (surroundings: Surroundings) => Promise<{value: T; done: Done | undefined}>,
): Promise<T> {
  return underLock({...surroundings, command, waitLockMs}, async (locked) => {
    const started = performance.now()
    const note = async (entry: Pick<AuditEntry, 'error' | 'outcome' | 'release' | 'summary'>): Promise<void> =>
      noteInAudit(locked, {...entry, command, durationMs: Math.round(performance.now() - started)})
    try {
      const {done, value} = await work(locked)
      if (done) await note({...done, outcome: 'done', error: undefined})
      return value
    } catch (error) {
      await note({summary: '', outcome: 'failed', ...describeError(error)})
      throw error
    }
  })
}

function describeError(error: unknown): Pick<AuditEntry, 'error' | 'release'> {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof StackError)) return {error: {code: 'E_BUG', message}, release: undefined}
  const {release} = error.facts
  return {error: {code: error.code, message}, release: typeof release === 'number' ? release : undefined}
}

/** The change is done, or was taken back: a log that cannot be written is a warning. */
export async function noteInAudit(
  {emit, engine, redact, stack}: Surroundings,
  entry: Omit<AuditEntry, 'at' | 'by' | 'schema'>,
): Promise<void> {
  const by = {user: userInfo().username, host: hostname()}
  try {
    await appendAudit(
      engine,
      stack.project,
      redact({schema: 'stackctl.audit.v1', at: new Date().toISOString(), by, ...entry}),
    )
  } catch (error) {
    const message = `the audit log could not be written: ${error instanceof Error ? error.message : String(error)}`
    emit({type: 'warning', code: 'W_AUDIT', message})
  }
}
