import {PassThrough} from 'node:stream'
import {describe, expect, it} from 'vitest'

import {readConfig, wantsColour} from '../../../src/lib/config.js'
import {confirmOnTerminal} from '../../../src/lib/confirmation.js'
import {formatTable} from '../../../src/lib/table.js'

const terminal = {isTTY: true}

describe('the surroundings', () => {
  it('are read from the environment', () => {
    expect(readConfig({})).toMatchObject({debug: false, ci: false, githubActions: false, dumbTerminal: false})
    expect(readConfig({DEBUG: '*', CI: 'true', GITHUB_ACTIONS: 'true', TERM: 'dumb'})).toMatchObject({
      debug: true,
      ci: true,
      githubActions: true,
      dumbTerminal: true,
    })
    expect(readConfig({CI: 'false'}).ci).toBe(false)
  })

  it.each<[Record<string, string>, {isTTY: boolean}, boolean]>([
    [{}, {isTTY: true}, true],
    [{}, {isTTY: false}, false],
    [{NO_COLOR: '1'}, {isTTY: true}, false],
    [{NO_COLOR: ''}, {isTTY: true}, true],
    [{FORCE_COLOR: '1'}, {isTTY: false}, true],
    [{TERM: 'dumb'}, {isTTY: true}, false],
  ])('with %j on %j colour is %s', (env, stream, colour) => {
    expect(wantsColour(readConfig(env), stream)).toBe(colour)
  })
})

describe('a confirmation', () => {
  const confirmation = {question: 'Deploy?', yesFlag: '--yes'}

  async function answer(text: string | undefined, signal = new AbortController().signal): Promise<string> {
    const input = Object.assign(new PassThrough(), terminal)
    const output = Object.assign(new PassThrough(), terminal)
    if (text === undefined) input.end()
    else input.write(text)
    await confirmOnTerminal(confirmation, {
      input: input as unknown as NodeJS.ReadStream,
      output: output as unknown as NodeJS.WriteStream,
      signal,
    })
    return String(output.read())
  }

  it.each(['y\n', 'Yes\n', ' YES \n'])('is given with %j', async (text) => {
    expect(await answer(text)).toContain('Deploy? [y/N]')
  })

  it.each(['n\n', '\n', 'yep\n', undefined])('is refused with %j', async (text) => {
    await expect(answer(text)).rejects.toMatchObject({code: 'E_DECLINED', exit: 9})
  })

  it('ends with the signal', async () => {
    const reason = new Error('interrupted')
    await expect(answer('', AbortSignal.abort(reason))).rejects.toMatchObject({name: 'AbortError'})
  })

  it('is refused where nobody can be asked, naming the flag', async () => {
    const pipe = new PassThrough()
    const surroundings = {
      input: pipe as unknown as NodeJS.ReadStream,
      output: pipe as unknown as NodeJS.WriteStream,
      signal: new AbortController().signal,
    }
    await expect(confirmOnTerminal(confirmation, surroundings)).rejects.toMatchObject({
      exit: 9,
      suggestions: [expect.stringContaining('--yes')],
    })
  })
})

describe('a table', () => {
  it('pads columns to the widest cell, colours not counted, without trailing blanks', () => {
    expect(
      formatTable(
        ['A', 'BB'],
        [
          ['\u001B[31mlong\u001B[39m', 'x'],
          ['y', ''],
        ],
      ),
    ).toBe('A     BB\n\u001B[31mlong\u001B[39m  x\ny')
  })
})
