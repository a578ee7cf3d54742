import {describe, expect, it} from 'vitest'

import {namesSecret, passwordInUrl} from '../../../src/lib/secrets/names.js'
import {Redactor} from '../../../src/lib/secrets/redactor.js'

function redactorOf(...values: string[]): Redactor {
  const redactor = new Redactor()
  redactor.add(values)
  return redactor
}

describe('the redactor', () => {
  it('takes a value out wherever it stands', () => {
    expect(redactorOf('s3cr3t!/x').text('a=s3cr3t!/x&b=s3cr3t!/x.')).toBe('a=<redacted>&b=<redacted>.')
  })

  it.each([
    ['percent-encoded', 'url: p%40ss%2Fword1'],
    ['in JSON', '{"a":"p@ss/word1"}'],
    ['as base64', `auth: ${Buffer.from('p@ss/word1').toString('base64')}`],
  ])('knows the value %s', (_, text) => {
    const redacted = redactorOf('p@ss/word1').text(text)
    expect(redacted).toContain('<redacted>')
    expect(redacted).not.toMatch(/p@ss|p%40ss|cEBz/)
  })

  it('takes out each line of a key, also when only one is quoted', () => {
    const key = '-----BEGIN-----\nMIIBVgIBADANBgkqh\nkiG9w0BAQEFAASCAUAwggE8\n'
    expect(redactorOf(key).text('line 2: MIIBVgIBADANBgkqh')).toBe('line 2: <redacted>')
  })

  it('takes out the longer of two values that contain one another', () => {
    expect(redactorOf('hunter2', 'hunter2hunter2').text('x hunter2hunter2 y')).toBe('x <redacted> y')
  })

  it('leaves short values alone: they occur in words', () => {
    expect(redactorOf('web', '').text('web is up')).toBe('web is up')
  })

  it('treats values as text, not as patterns', () => {
    expect(redactorOf('a.*b+c(d').text('axxbc(d a.*b+c(d')).toBe('axxbc(d <redacted>')
  })

  it('redacts strings at any depth and keeps everything else', () => {
    const data = {a: ['x topsecret'], b: {c: 'topsecret'}, n: 1, u: undefined, z: null, d: new Date(0)}
    expect(redactorOf('topsecret').data(data)).toEqual({...data, a: ['x <redacted>'], b: {c: '<redacted>'}})
  })
})

describe('names of variables', () => {
  it.each(['POSTGRES_PASSWORD', 'JWT_SECRET', 'STRIPE_SECRET_KEY', 'SENDGRID_API_KEY', 'apiKey', 'GITHUB_TOKEN'])(
    '%s holds a secret',
    (name) => expect(namesSecret(name)).toBe(true),
  )

  it.each(['POSTGRES_PASSWORD_FILE', 'TOKEN_TTL', 'PASSWORD_MIN_LENGTH', 'SECRET_NAME', 'PATH', 'POSTGRES_USER'])(
    '%s does not',
    (name) => expect(namesSecret(name)).toBe(false),
  )

  it('finds the password inside a URL', () => {
    expect(passwordInUrl('postgres://shop:p%40ss@db:5432/shop')).toBe('p@ss')
    expect(passwordInUrl('http://web:8080/path')).toBeUndefined()
  })
})
