import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'

import {errorDocument, errorText, errorTrace, reportError} from '../../../src/lib/error-report.js'
import * as errors from '../../../src/lib/errors.js'

const {EXIT, InterruptedError, StackError, UnhealthyError} = errors
const unhealthy = new UnhealthyError('web/1 exited with 1', {
  suggestions: ['stackctl logs web'],
  facts: {lastLines: ['boom'], container: 'x'},
  cause: new Error('socket hang up'),
})

describe('an error for people', () => {
  it('is one line, the last log lines, what to do next, and the code', () => {
    expect(errorText(reportError(unhealthy, 'stackctl deploy'), {colour: false}).split('\n')).toEqual([
      'Error: web/1 exited with 1',
      '  | boom',
      '  → stackctl logs web',
      'Code: E_UNHEALTHY',
      '',
    ])
  })

  it('shows neither cause nor stack', () => {
    expect(errorText(reportError(unhealthy, 'stackctl'), {colour: false})).not.toMatch(/socket hang up|\.ts/)
    expect(errorTrace(unhealthy)).toMatch(/socket hang up/)
  })
})

describe('an error for scripts', () => {
  it('has code, exit code, suggestions and facts', () => {
    expect(errorDocument(reportError(unhealthy, 'stackctl deploy'))).toEqual({
      schema: 'stackctl.error.v1',
      error: {
        code: 'E_UNHEALTHY',
        message: 'web/1 exited with 1',
        suggestions: ['stackctl logs web'],
        exit: 6,
        facts: {lastLines: ['boom'], container: 'x'},
      },
    })
  })
})

describe('other errors', () => {
  it('are bugs: exit 1, and the user is told so', () => {
    const report = reportError(new TypeError('x is not a function'), 'stackctl deploy')
    expect(report).toMatchObject({exit: EXIT.bug, code: 'E_BUG', message: 'x is not a function'})
    expect(report.suggestions.join('')).toContain('bug in stackctl')
    expect(reportError('just a string', 'stackctl')).toMatchObject({exit: 1, message: 'just a string'})
  })

  it('of the parser are usage errors: exit 2, one line, and the way to the help', () => {
    const parse = (message: string) =>
      reportError(Object.assign(new Error(message), {oclif: {exit: 2}}), 'stackctl logs')
    expect(parse('Nonexistent flag: --nope\nSee more help with --help')).toMatchObject({
      exit: EXIT.usage,
      code: 'E_USAGE',
      message: 'Nonexistent flag: --nope',
      suggestions: ['stackctl logs --help'],
    })
    expect(
      parse('The following error occurred:\n  \u001B[2m--json=true cannot also be provided\u001B[22m').message,
    ).toBe('--json cannot also be provided')
  })
})

describe('docs/exit-codes.md', () => {
  const doc = readFileSync(new URL('../../../docs/exit-codes.md', import.meta.url), 'utf8')
  const rows = [...doc.matchAll(/^\| (?<exit>\d+) \|.*\| (?<codes>[^|]*)\|$/gm)].map(({groups}) => groups ?? {})

  it('has a row for every exit code, and no other', () => {
    const documented = rows.map(({exit}) => Number(exit))
    expect(documented).toEqual(Object.values(EXIT).toSorted((a, b) => a - b))
  })

  it('names every error code beside its exit code', () => {
    for (const [name, exported] of Object.entries(errors)) {
      if (typeof exported !== 'function' || exported === StackError || exported === InterruptedError) continue
      const {code, exit} = new (exported as typeof UnhealthyError)('x') as unknown as {code: string; exit: number}
      const row = rows.find((candidate) => Number(candidate.exit) === exit)
      expect(row?.codes, `${name} (${code}) beside ${exit}`).toContain(`\`${code}\``)
    }
  })
})
