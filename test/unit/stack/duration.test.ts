import fc from 'fast-check'
import {describe, expect, it} from 'vitest'

import {durationNs, formatDuration, parseDurationMs} from '../../../src/lib/stack/duration.js'
import {parseSizeBytes} from '../../../src/lib/stack/size.js'

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5s', 1500],
    ['1h0m0s', 3_600_000],
    ['500ms', 500],
    ['250us', 0.25],
    ['0s', 0],
    ['30000000000', 30_000],
    [30_000_000_000, 30_000],
    [' 5s ', 5000],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms)
  })

  it.each(['', 's', '5 s', '1s30', '-1s', 'forever', '1m 30s'])('%j is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined()
  })

  it('is whole nanoseconds for the engine, whatever the fraction', () => {
    expect(durationNs('1.5s')).toBe(1_500_000_000)
    expect(durationNs('0.1ms')).toBe(100_000)
    expect(durationNs(undefined)).toBeUndefined()
  })

  it('reads back what it wrote, for every number of milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 1e10}), (ms) => {
        expect(parseDurationMs(formatDuration(ms))).toBeCloseTo(ms, 3)
      }),
    )
  })

  it('is the sum of its parts', () => {
    const part = fc.tuple(fc.integer({min: 0, max: 999}), fc.constantFrom('ms', 's', 'm', 'h'))
    fc.assert(
      fc.property(fc.array(part, {minLength: 1, maxLength: 5}), (parts) => {
        const texts = parts.map(([amount, unit]) => `${amount}${unit}`)
        const sum = texts.reduce((total, text) => total + parseDurationMs(text)!, 0)
        expect(parseDurationMs(texts.join(''))).toBe(sum)
      }),
    )
  })
})

describe('a size', () => {
  it.each([
    ['64m', 67_108_864],
    ['1.5gb', 1_610_612_736],
    ['1GiB', 1_073_741_824],
    ['52428800', 52_428_800],
    [1024, 1024],
    ['-1', -1],
    ['10k', 10_240],
    ['7b', 7],
  ])('%j is %d bytes', (text, bytes) => {
    expect(parseSizeBytes(text)).toBe(bytes)
  })

  it.each(['', 'm', 'ten', '1x', '1 mm'])('%j is none', (text) => {
    expect(parseSizeBytes(text)).toBeUndefined()
  })
})
