import {describe, expect, it} from 'vitest'

import type {StackEvent} from '../../../src/lib/events.js'

import {formatDuration} from '../../../src/lib/progress/duration.js'
import {quietRenderer} from '../../../src/lib/progress/quiet.js'
import {fanOut, resolveMode} from '../../../src/lib/progress/renderer.js'
import {capturedStream} from './captured-stream.js'

const terminal = {isTTY: true, ci: false, dumbTerminal: false}
const notice: StackEvent = {type: 'notice', message: 'hello'}

describe('the choice of the view', () => {
  it('is live for a person at a terminal only', () => {
    expect(resolveMode('auto', terminal)).toBe('tty')
    expect(resolveMode('auto', {...terminal, isTTY: false})).toBe('plain')
    expect(resolveMode('auto', {...terminal, ci: true})).toBe('plain')
    expect(resolveMode('auto', {...terminal, dumbTerminal: true})).toBe('plain')
  })

  it('is what was asked for, whatever the surroundings', () => {
    expect(resolveMode('json', terminal)).toBe('json')
    expect(resolveMode('tty', {...terminal, ci: true})).toBe('tty')
  })
})

describe('listeners', () => {
  it('cannot stop the work, nor each other, by throwing', () => {
    const seen: StackEvent[] = []
    const emit = fanOut([
      () => {
        throw new Error('the disk is full')
      },
      (event) => {
        seen.push(event)
      },
    ])
    expect(() => emit(notice)).not.toThrow()
    expect(seen).toEqual([notice])
  })
})

describe('the quiet view', () => {
  it('says nothing but warnings', () => {
    const {stream, text} = capturedStream()
    const {emit} = quietRenderer({stream, colour: false, githubActions: false, now: () => new Date()})
    emit(notice)
    emit({type: 'warning', code: 'W_X', message: 'look'})
    expect(text()).toBe('! look [W_X]\n')
  })
})

describe('durations', () => {
  it.each([
    [0, '0.0s'],
    [1234, '1.2s'],
    [59_940, '59.9s'],
    [59_960, '1m 00s'],
    [125_000, '2m 05s'],
    [3_599_700, '1h 00m'],
    [3_720_000, '1h 02m'],
  ])('%i ms reads %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text)
  })
})
