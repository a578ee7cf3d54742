import {describe, expect, it} from 'vitest'

import {GateProgress} from '../../../src/lib/gate/progress.js'

const OK = {ok: true, text: ''}

function failing(text: string, exitCode = 1) {
  return {ok: false, text, exitCode}
}

describe('a replica that is not healthy yet', () => {
  it('is refused when its deadline passes and its check has nothing new to say', () => {
    const progress = new GateProgress(2000, 0)
    expect(progress.note(failing('no schema'), 100)).toBeUndefined()
    expect(progress.note(failing('no schema'), 2000)).toBeUndefined()
    expect(progress.note(failing('no schema'), 2001)).toBe('was not healthy after 2 s: no schema')
  })

  it('gets its time anew with every answer that it did not give before', () => {
    const progress = new GateProgress(2000, 0)
    progress.note(failing('migration 1 of 3'), 100)
    expect(progress.note(failing('migration 2 of 3'), 1900)).toBeUndefined()
    expect(progress.note(failing('migration 2 of 3', 2), 3800)).toBeUndefined()
    expect(progress.note(failing('migration 2 of 3', 2), 5900)).toBe(
      'was not healthy after 5.9 s, the last 2 s without progress: migration 2 of 3',
    )
  })

  it('gains nothing by saying the same things in turn', () => {
    const progress = new GateProgress(2000, 0)
    for (let ms = 0; ms <= 2000; ms += 500) progress.note(failing(ms % 1000 === 0 ? 'a' : 'b'), ms)
    expect(progress.note(failing('a'), 2600)).toMatch(/2 s without progress/)
  })

  it.each([
    ['Failed to connect to localhost port 80 after 3 ms', 'Failed to connect to localhost port 80 after 12 ms'],
    ['12:04:07.112 refused', '12:04:08.300 refused'],
    ['2026-03-01 refused in 0.5s', '2026-03-02 refused in 1s'],
  ])('gains nothing by the time in what it says: %s', (first, second) => {
    const progress = new GateProgress(2000, 0)
    progress.note(failing(first), 100)
    progress.note(failing(second), 1900)
    expect(progress.note(failing(second), 2100)).toMatch(/^was not healthy after 2 s/)
  })

  it('is refused after ten deadlines, whatever it says', () => {
    const progress = new GateProgress(1000, 0)
    for (let ms = 0; ms <= 10_000; ms += 500) expect(progress.note(failing(`line ${ms}`), ms)).toBeUndefined()
    expect(progress.note(failing('one more'), 10_001)).toBe(
      'was not healthy after 10 s, 10 times its deadline: one more',
    )
  })

  it('is refused as soon as it has lost its health for the fourth time', () => {
    const progress = new GateProgress(60_000, 0)
    for (let n = 0; n < 3; n += 1) {
      expect(progress.note(OK, n * 500)).toBeUndefined()
      expect(progress.note(failing('busy'), n * 500 + 250)).toBeUndefined()
    }

    expect(progress.note(OK, 1500)).toBeUndefined()
    expect(progress.note(failing('busy'), 1750)).toBe('flaps between healthy and unhealthy (4 times): busy')
  })
})
