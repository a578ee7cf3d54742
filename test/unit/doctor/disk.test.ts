import {describe, expect, it} from 'vitest'

import {judgeSpace} from '../../../src/lib/doctor/disk.js'

describe('the room on a disk', () => {
  it.each([
    ['enough', 50e9, 100e9],
    ['enough', 1e9, 10e9],
    ['low', 0.99e9, 2e9],
    ['low', 4e9, 100e9],
    ['low', 200e6, 1e9],
    ['full', 199e6, 1e9],
    ['full', 0, 100e9],
  ] as const)('is %s with %d of %d bytes', (verdict, freeBytes, totalBytes) => {
    expect(judgeSpace({freeBytes, totalBytes})).toBe(verdict)
  })
})
