import {describe, expect, it} from 'vitest'

import {nearestWord} from '../../../src/lib/nearest-word.js'

const commands = ['deploy', 'doctor', 'logs', 'plan', 'secrets:check', 'secrets:generate']

describe('the word that was probably meant', () => {
  it.each([
    ['docter', 'doctor'],
    ['deplyo', 'deploy'],
    ['secrets:chek', 'secrets:check'],
    ['log', 'logs'],
  ])('%s is %s', (word, meant) => {
    expect(nearestWord(word, commands)).toBe(meant)
  })

  it('is none when nothing is close', () => {
    expect(nearestWord('xyzzy', commands)).toBeUndefined()
    expect(nearestWord('up', commands)).toBeUndefined()
  })
})
