import {describe, expect, it} from 'vitest'

import type {ReleaseRecord} from '../../../src/lib/release/record.js'

import {crossedMigrations, refuseCrossing, rollbackTarget, unfinishedRelease} from '../../../src/lib/plan/history.js'
import {currentRelease} from '../../../src/lib/release/history.js'

function release(number: number, facts: Partial<ReleaseRecord> = {}): ReleaseRecord {
  return {
    schema: 'stackctl.release-record.v1',
    project: 'shop',
    environment: undefined,
    release: number,
    command: 'deploy',
    by: {user: 'ann', host: 'laptop'},
    startedAt: '2026-01-01T00:00:00Z',
    result: 'deployed',
    stable: facts.result === undefined || facts.result === 'deployed',
    from: number - 1 || undefined,
    rollbackOf: undefined,
    finishedAt: undefined,
    durationMs: undefined,
    error: undefined,
    migrated: [],
    services: {},
    ...facts,
  }
}

describe('where a stack stands', () => {
  it('is the newest release that was deployed, whatever failed since', () => {
    expect(currentRelease([])).toBeUndefined()
    const history = [release(1), release(2), release(3, {result: 'rolled-back'}), release(4, {result: 'failed'})]
    expect(currentRelease(history)?.release).toBe(2)
  })

  it.each(['running', 'paused', 'rollback-failed'] as const)(
    'is in the middle of a newest release that is %s',
    (result) => {
      expect(unfinishedRelease([release(1), release(2, {result})])?.release).toBe(2)
    },
  )

  it('is not in the middle of one that a newer release has followed, or that was taken back', () => {
    expect(unfinishedRelease([release(1, {result: 'running'}), release(2)])).toBeUndefined()
    expect(unfinishedRelease([release(1), release(2, {result: 'rolled-back'})])).toBeUndefined()
    expect(unfinishedRelease([])).toBeUndefined()
  })
})

describe('the release to go back to', () => {
  it('is the last stable one before the current', () => {
    const history = [
      release(1),
      release(2, {result: 'rolled-back'}),
      release(3),
      release(4, {stable: false}),
      release(5),
    ]
    expect(rollbackTarget(history, undefined).release).toBe(3)
  })

  it('is one further back each time, and never the release that was left', () => {
    const back = [release(1), release(2), release(3), release(4, {rollbackOf: 2})]
    expect(rollbackTarget(back, undefined).release).toBe(1)
    const twice = [...back, release(5, {rollbackOf: 4})]
    expect(rollbackTarget(twice, undefined).release).toBe(1)
  })

  it('is the one that was deployed last, in the middle of one that was cut short', () => {
    expect(rollbackTarget([release(1), release(2), release(3, {result: 'running'})], undefined).release).toBe(2)
  })

  it('is the one that was named', () => {
    expect(rollbackTarget([release(1), release(2), release(3)], 1).release).toBe(1)
  })

  it.each([
    ['is not there', 9, /there is no release 9/],
    ['was refused', 2, /release 2 was not stable \(rolled-back\)/],
  ])('is refused with what there is when it %s', (_, wanted, message) => {
    const history = [release(1), release(2, {result: 'rolled-back'}), release(3)]
    expect(() => rollbackTarget(history, wanted)).toThrow(message)
    try {
      rollbackTarget(history, wanted)
    } catch (error) {
      expect(error).toMatchObject({exit: 2, suggestions: ['releases to go back to: 1, 3']})
    }
  })

  it('is refused where there is none', () => {
    expect(() => rollbackTarget([], undefined)).toThrow(/nothing has been deployed/)
    expect(() => rollbackTarget([release(1)], undefined)).toThrow(/no stable release before 1/)
  })
})

describe('a migration between', () => {
  const history = [release(1, {migrated: ['migrate']}), release(2), release(3, {migrated: ['migrate']}), release(4)]

  it('is crossed by going back to before it, and not by going back to the release that ran it', () => {
    expect(crossedMigrations(history, release(2)).map((record) => record.release)).toEqual([3])
    expect(crossedMigrations(history, release(3, {migrated: ['migrate']}))).toEqual([])
  })

  it('counts when its release was refused: a migration is not taken back', () => {
    const refused = [release(1), release(2, {result: 'rolled-back', migrated: ['migrate']}), release(3)]
    expect(() => refuseCrossing(refused, release(1))).toThrow(/release 2 ran migrate/)
  })

  it('counts once for a release that was brought back', () => {
    const again = [...history, release(5, {rollbackOf: 2})]
    expect(crossedMigrations(again, release(5, {rollbackOf: 2})).map((record) => record.release)).toEqual([3])
  })
})
