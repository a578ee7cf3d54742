import {randomBytes} from 'node:crypto'
import {describe, expect, it} from 'vitest'

import {isPlaceholder} from '../../../src/lib/secrets/placeholder.js'
import {estimateBits, judgeSecret} from '../../../src/lib/secrets/strength.js'

const nothing = {examples: new Set<string>()}
const strong = 'kY7-pQ2vXw9_Lr4tZb8mNc3'

function problems(value: string | undefined, context = nothing): string[] {
  return judgeSecret(value, context).map(({problem}) => problem)
}

describe('a secret', () => {
  it.each([
    [undefined, 'missing'],
    ['', 'empty'],
    ['  \n', 'empty'],
    ['change-me', 'default'],
    ['please_CHANGE_ME_now_9f8a7b6c5d4e3f21', 'default'],
    ['password', 'default'],
    ['P@ssw0rd', 'default'],
    ['password123', 'default'],
    ['secret', 'default'],
    ['postgres', 'default'],
    ['admin', 'default'],
    ['minioadmin', 'default'],
    ['your_token_here', 'default'],
    ['your_jwt_secret_here_make_it_very_long_and_secure', 'default'],
    ['secure_db_password_123', 'default'],
    ['secure_redis_password', 'default'],
    ['super_secure_jwt_secret', 'default'],
    ['sk_test_your_stripe_secret_key', 'default'],
    ['<generate-secure-256bit-key>', 'default'],
    ['{{ secret }}', 'default'],
    ['xK9#mQ2', 'short'],
    ['aaaaaaaaaaaaaaaaaaaaaaaa', 'weak'],
    ['abcabcabcabcabcabcabcabc', 'weak'],
    ['zyxwvutsrqponmlkjihgfedc', 'weak'],
    ['12345678901234567890', 'weak'],
    ['qzqzqzqzzqqzqzzqqzqz', 'weak'],
  ])('%j is %s', (value, problem) => {
    expect(problems(value)).toEqual([problem])
  })

  it.each([strong, 'correct-horse-battery-staple-42', '9f86d081884c7d659a2feaa0'])('%j is good', (value) => {
    expect(problems(value)).toEqual([])
  })

  it('is a default when the example file of the stack has it', () => {
    expect(problems(strong, {examples: new Set([strong])})).toEqual(['default'])
  })

  it('is exposed when every user of the host can read its file, and committed when git knows it', () => {
    const found = judgeSecret(strong, {...nothing, mode: 0o10_0644, isTracked: true})
    expect(found.map(({problem}) => problem)).toEqual(['exposed', 'committed'])
    expect(judgeSecret(strong, {...nothing, mode: 0o10_0600, isTracked: false})).toEqual([])
    expect(judgeSecret(strong, {...nothing, mode: 0o10_0640})).toEqual([])
  })

  it('never appears in what is said about it', () => {
    const weak = 'mypassword-mypassword'
    const context = {examples: new Set([weak]), mode: 0o644, isTracked: true}
    expect(JSON.stringify(judgeSecret(weak, context))).not.toContain(weak)
  })

  it('that "secrets generate" makes passes, whatever the random numbers are', () => {
    for (let round = 0; round < 2000; round++) expect(problems(randomBytes(16).toString('base64url'))).toEqual([])
  })
})

describe('the estimate', () => {
  it('grows with length and alphabet, and not with repetition', () => {
    expect(estimateBits('x8Kq')).toBeLessThan(estimateBits('x8Kqm2Zt'))
    expect(estimateBits('3849201756')).toBeLessThan(estimateBits('3b49fz0q8m'))
    expect(estimateBits('x8Kqx8Kqx8Kqx8Kq')).toBe(estimateBits('x8Kq'))
  })
})

describe('a placeholder', () => {
  it('is no value that has anything of its own', () => {
    expect(isPlaceholder('secure_db_password_bQ7w')).toBe(false)
    expect(isPlaceholder('4815162342')).toBe(false)
  })
})
