/** A run that was killed after its last step and before it could say so: everything is there, and the ledger is told. */
import type {DeployFacts, Surroundings} from './facts.js'

import {unfinishedRelease} from '../plan/history.js'
import {Ledger} from '../release/ledger.js'

/** The caller has found that there is nothing to do for the release that was cut short. */
export async function settle({engine}: Pick<Surroundings, 'engine'>, {history}: DeployFacts): Promise<void> {
  const record = unfinishedRelease(history)
  if (record === undefined) return
  const finishedAt = new Date().toISOString()
  await new Ledger(engine, record.project).write({...record, result: 'deployed', stable: true, finishedAt})
}
