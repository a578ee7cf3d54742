import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'

import {REDACTED, redactedConfig, redactor, secretValues} from '../../../src/lib/stack/redact.js'
import {stackOf} from './fixture.js'

describe('a redactor', () => {
  it('replaces every occurrence, the longest value first', () => {
    const redact = redactor(['hunter', 'hunter22'])
    expect(redact('a hunter22 b hunter c hunter22')).toBe(`a ${REDACTED} b ${REDACTED} c ${REDACTED}`)
  })

  it('takes a value as text, not as a pattern', () => {
    expect(redactor(['a.b*c$'])('a.b*c$ axbc')).toBe(`${REDACTED} axbc`)
  })

  it('finds a value as it stands in a URL or in JSON', () => {
    const redact = redactor(['p@ss/w"rd'])
    expect(redact(`postgres://u:${encodeURIComponent('p@ss/w"rd')}@db`)).toBe(`postgres://u:${REDACTED}@db`)
    expect(redact(JSON.stringify({x: 'p@ss/w"rd'}))).toBe(`{"x":"${REDACTED}"}`)
  })

  it('ignores the line end of a secret file, and values that would blacken everything', () => {
    expect(redactor(['hunter22\n'])('is hunter22.')).toBe(`is ${REDACTED}.`)
    expect(redactor(['', ' ', 'a', 'true', 'postgres'])('a true postgres')).toBe('a true postgres')
  })
})

describe('the secret values of a stack', () => {
  const environment = {
    POSTGRES_PASSWORD: 'pg-hunter',
    JWT_SECRET: 'jwt-hunter',
    API_KEY: 'key-hunter',
    GITHUB_TOKEN: 'token-hunter',
    AWS_SECRET_ACCESS_KEY: 'aws-hunter',
    DATABASE_URL: 'postgres://shop:url%21hunter@db/shop',
    POSTGRES_PASSWORD_FILE: '/run/secrets/postgres_password',
    KEYBOARD: 'qwertz-layout',
    TOKEN_TTL: '3600-seconds',
    MONKEY: 'not-a-secret',
    HOST: 'example.test',
  }

  it('are those whose name or form says so, and no others', async () => {
    const values = secretValues(await stackOf({web: {environment}}))
    expect(values.toSorted()).toEqual([
      'aws-hunter',
      'jwt-hunter',
      'key-hunter',
      'pg-hunter',
      'token-hunter',
      'url!hunter',
      'url%21hunter',
    ])
  })

  it('are the contents of secrets as well', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'stkmodel-'))
    onTestFinished(() => rmSync(folder, {recursive: true}))
    const file = path.join(folder, 's')
    writeFileSync(file, 'file-hunter\n')
    const secrets = {
      a: {file},
      b: {environment: 'B'},
      c: {content: 'inline-hunter'},
      d: {file: path.join(folder, 'missing')},
    }
    const stack = await stackOf({web: {}}, {secrets})
    expect(secretValues(stack, {B: 'env-hunter'})).toEqual(['file-hunter\n', 'env-hunter', 'inline-hunter'])
  })

  it('never stand in the printed configuration, wherever they were repeated', async () => {
    const service = {
      environment,
      command: ['serve', '--password=pg-hunter'],
      labels: {hint: 'x pg-hunter y'},
      build: {context: '/', args: {NPM_TOKEN: 'build-hunter'}},
    }
    const stack = await stackOf({web: service}, {configs: {c: {content: 'password = pg-hunter'}}})
    const text = JSON.stringify(redactedConfig(stack))
    expect(text).not.toContain('hunter')
    expect(text).toContain('/run/secrets/postgres_password')
    expect(text).toContain('not-a-secret')
    expect(stack.services[0]?.compose.environment).toEqual(environment)
  })

  it('are hidden under their own key even when they are short', async () => {
    const config = redactedConfig(await stackOf({web: {environment: {DB_PASSWORD: 'ab', EMPTY_PASSWORD: ''}}}))
    expect(config.services?.web?.environment).toEqual({DB_PASSWORD: REDACTED, EMPTY_PASSWORD: ''})
  })
})
