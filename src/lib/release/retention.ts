/** Which releases are kept. Pure. */
import type {ReleaseRecord} from './record.js'

export interface Retention {
  /** So many of the newest stay, whatever became of them. */
  readonly keep: number
  /** The release that serves; undefined when none does. */
  readonly current: number | undefined
}

/**
 * Numbers of the releases to keep: the newest `keep`; the one that serves and the newest stable one before it, which is
 * what a rollback goes back to; those that are not finished, and what they came from.
 */
export function releasesToKeep(records: readonly ReleaseRecord[], {keep, current}: Retention): Set<number> {
  const numbers = records.map(({release}) => release).toSorted((left, right) => right - left)
  const unfinished = records.filter(({result}) => result === 'running' || result === 'paused')
  const wanted = [
    ...numbers.slice(0, keep),
    current,
    stableBefore(records, current),
    ...unfinished.flatMap(({release, from}) => [release, from]),
  ]
  return new Set(wanted.filter((release) => release !== undefined && numbers.includes(release)) as number[])
}

/** The newest stable release before another; before all that there are when that one is undefined. */
function stableBefore(records: readonly ReleaseRecord[], current = Infinity): number | undefined {
  const earlier = records.filter(({release, stable}) => stable && release < current)
  return earlier.length === 0 ? undefined : Math.max(...earlier.map(({release}) => release))
}

/**
 * The fewest paths that cover the numbers: a directory of a hundred of which nothing is kept and nothing can come, else
 * what `pathsOf` answers for each.
 */
export function pathsToRemove(
  removed: readonly number[],
  kept: ReadonlySet<number>,
  pathsOf: (release: number) => readonly string[],
): string[] {
  const live = new Set([...kept].map(hundredOf))
  // Numbers are counted up: the hundred of the highest may still get more.
  live.add(hundredOf(Math.max(0, ...kept, ...removed)))
  const paths = removed.flatMap((release) =>
    live.has(hundredOf(release)) ? pathsOf(release) : [`releases/${hundredOf(release)}`],
  )
  return [...new Set(paths)]
}

function hundredOf(release: number): number {
  return Math.floor(release / 100)
}
