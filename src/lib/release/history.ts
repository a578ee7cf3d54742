/** What the records of a stack say together. Pure. */
import type {ReleaseRecord, ReleaseService} from './record.js'

/** Services of a release that are not as they were in the release before. */
export interface ServiceChanges {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/** The newest release that came to its end; undefined before the first. What failed or was taken back after it left it as it was. */
export function currentRelease(records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  return records
    .filter(({result}) => result === 'deployed')
    .toSorted((left, right) => left.release - right.release)
    .at(-1)
}

/** Against the release that it came from; undefined when that one is no longer kept. A first release adds everything. */
export function changesOf(record: ReleaseRecord, records: readonly ReleaseRecord[]): ServiceChanges | undefined {
  const before = record.from === undefined ? undefined : records.find(({release}) => release === record.from)
  if (before === undefined && record.from !== undefined) return undefined
  const old = before?.services ?? {}
  const names = Object.keys(record.services)
  return {
    added: names.filter((name) => old[name] === undefined).toSorted(),
    changed: names.filter((name) => old[name] !== undefined && differs(old[name], record.services[name])).toSorted(),
    removed: Object.keys(old)
      .filter((name) => record.services[name] === undefined)
      .toSorted(),
  }
}

function differs(left: ReleaseService, right: ReleaseService | undefined): boolean {
  return left.configHash !== right?.configHash || left.image.id !== right.image.id || left.replicas !== right.replicas
}
