/** Who changed a stack, and how that ended. Reads only. */
import type {Engine} from '../engine/engine.js'
import type {AuditEntry} from '../release/record.js'

import {readAudit} from '../release/audit.js'

export interface AuditLog {
  readonly project: string
  /** Newest first. */
  readonly entries: readonly AuditEntry[]
}

export async function auditLog(
  source: {readonly engine: Engine; readonly project: string},
  options: {readonly limit: number},
): Promise<AuditLog> {
  return {project: source.project, entries: await readAudit(source.engine, source.project, options)}
}
