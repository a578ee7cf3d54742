import {describe, expect, it} from 'vitest'

import type {ReleaseRecord} from '../../../src/lib/release/record.js'

import {AUDIT_LIMIT, surplus} from '../../../src/lib/release/audit.js'
import {currentRelease} from '../../../src/lib/release/history.js'
import {pathsToRemove, releasesToKeep} from '../../../src/lib/release/retention.js'
import {recordOf} from '../../engine/release/records.js'

function records(count: number, more: Readonly<Record<number, Partial<ReleaseRecord>>> = {}): ReleaseRecord[] {
  return Array.from({length: count}, (_, index) => recordOf('shop', index + 1, more[index + 1]))
}

function kept(all: readonly ReleaseRecord[], keep: number, current?: number): number[] {
  return [...releasesToKeep(all, {keep, current})].toSorted((left, right) => left - right)
}

const FAILED = {result: 'rolled-back', stable: false} as const

describe('the releases that are kept', () => {
  it('are the newest', () => {
    expect(kept(records(5), 3, 5)).toEqual([3, 4, 5])
    expect(kept(records(2), 10, 2)).toEqual([1, 2])
    expect(kept([], 10)).toEqual([])
  })

  it('hold the one that serves and the stable one before it, however many failed after it', () => {
    const all = records(9, {2: FAILED, 4: FAILED, 5: FAILED, 6: FAILED, 7: FAILED, 8: FAILED, 9: FAILED})
    expect(kept(all, 2, 3)).toEqual([1, 3, 8, 9])
  })

  it('hold the newest stable one when nothing serves', () => {
    expect(kept(records(4, {3: FAILED, 4: FAILED}), 1)).toEqual([2, 4])
  })

  it('hold what is not finished, and what it came from', () => {
    const all = records(9, {3: {result: 'paused', from: 1}, 5: {result: 'running', from: 4}})
    expect(kept(all, 1, 9)).toEqual([1, 3, 4, 5, 8, 9])
  })

  it('are none that the ledger does not have', () => {
    expect(kept(records(2), 1, 7)).toEqual([2])
  })
})

describe('what serves', () => {
  it('is the newest that was deployed, not what failed after it', () => {
    expect(currentRelease(records(4, {3: {result: 'running'}, 4: FAILED}))?.release).toBe(2)
    expect(currentRelease([])).toBeUndefined()
  })
})

describe('paths to remove', () => {
  const pathsOf = (release: number): string[] => [`${release}.a`, `${release}.b`]

  it('are those of each release while its hundred has others, or may get them', () => {
    expect(pathsToRemove([1, 2], new Set([3]), pathsOf)).toEqual(['1.a', '1.b', '2.a', '2.b'])
    expect(pathsToRemove([150], new Set([99]), pathsOf)).toEqual(['150.a', '150.b'])
  })

  it('are one for a hundred that is over', () => {
    expect(pathsToRemove([5, 98, 99, 100], new Set([101, 102]), pathsOf)).toEqual(['releases/0', '100.a', '100.b'])
  })
})

describe('audit entries beyond the limit', () => {
  const files = (...paths: string[]) =>
    paths.map((path) => ({path: `audit/${path}`, content: Buffer.from('{}'), uid: 0, gid: 0, mode: 0o600}))

  it('are the oldest; a month goes as a whole when none of it stays', () => {
    const all = files('2026-09/a', '2026-10/b', '2026-10/c', '2026-11/d', '2026-11/e')
    expect(surplus(all, AUDIT_LIMIT)).toEqual([])
    expect(surplus(all, 3)).toEqual(['audit/2026-09', 'audit/2026-10/b'])
    expect(surplus(all, 1)).toEqual(['audit/2026-09', 'audit/2026-10', 'audit/2026-11/d'])
  })

  it('are not those that went before', () => {
    const [first, ...others] = files('2026-09/a', '2026-10/b')
    expect(surplus([{...first!, content: Buffer.alloc(0)}, ...others], 1)).toEqual([])
  })
})
