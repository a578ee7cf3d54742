/** What the ledger says about where a stack stands: the current release, one that was cut short, what can be gone back to. Pure. */
import type {ReleaseRecord, ReleaseResult} from '../release/record.js'

import {PreflightError, UsageError} from '../errors.js'
import {currentRelease} from '../release/history.js'

/** Ascending by number. */
export type History = readonly ReleaseRecord[]

const UNFINISHED: ReadonlySet<ReleaseResult> = new Set(['running', 'paused', 'rollback-failed'])

/** The newest release if it was cut short, paused, or could not be taken back. Only the holder of the lock knows that a `running` one is not alive. */
export function unfinishedRelease(history: History): ReleaseRecord | undefined {
  const newest = history.at(-1)
  return newest && UNFINISHED.has(newest.result) ? newest : undefined
}

/**
 * The release to go back to: the one that is named, or the last stable one before where the stack is. In the middle of a release
 * that was cut short that is the release that was deployed last. Throws UsageError (exit 2) when there is none, or none of that number.
 */
export function rollbackTarget(history: History, wanted: number | undefined): ReleaseRecord {
  const targets = history.filter(({result, stable}) => result === 'deployed' && stable)
  const current = currentRelease(history)
  if (current === undefined) throw new UsageError('nothing has been deployed yet: there is no release to go back to')
  if (wanted !== undefined) return namedTarget(history, targets, wanted)
  if (unfinishedRelease(history)) return current
  const origin = originOf(history, current)
  const target = targets.findLast(({release}) => release < origin.release)
  if (target !== undefined) return target
  throw new UsageError(`there is no stable release before ${origin.release} to go back to`, {
    suggestions: known(targets),
  })
}

/**
 * Jobs of later releases that going back to `target` would leave behind: the old code would meet their schema. Those of a
 * release that was refused count too: a migration is not taken back.
 */
export function crossedMigrations(history: History, target: ReleaseRecord): ReleaseRecord[] {
  const origin = originOf(history, target).release
  return history.filter(({migrated, release}) => release > origin && release !== target.release && migrated.length > 0)
}

/** Throws PreflightError (exit 3) that names the releases whose migrations would be crossed. */
export function refuseCrossing(history: History, target: ReleaseRecord): void {
  const crossed = crossedMigrations(history, target)
  if (crossed.length === 0) return
  const which = crossed.map(({migrated, release}) => `release ${release} ran ${migrated.join(', ')}`).join('; ')
  throw new PreflightError(`going back to release ${target.release} would cross a migration: ${which}`, {
    suggestions: [
      'make sure that the old code works with the new schema, then add --force: migrations are not taken back',
    ],
    facts: {crossed: crossed.map(({release}) => release)},
  })
}

/** What a release really is: a rollback is the release that it brought back. */
function originOf(history: History, record: ReleaseRecord): ReleaseRecord {
  if (record.rollbackOf === undefined) return record
  const origin = history.find(({release}) => release === record.rollbackOf)
  return origin ? originOf(history, origin) : record
}

function namedTarget(history: History, targets: History, wanted: number): ReleaseRecord {
  const target = targets.find(({release}) => release === wanted)
  if (target) return target
  const failed = history.find(({release}) => release === wanted)
  const what = failed ? `release ${wanted} was not stable (${failed.result})` : `there is no release ${wanted}`
  throw new UsageError(what, {suggestions: known(targets)})
}

function known(targets: History): string[] {
  if (targets.length === 0) return ['stackctl releases lists what has been deployed']
  return [`releases to go back to: ${targets.map(({release}) => release).join(', ')}`]
}
