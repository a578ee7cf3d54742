import {randomUUID} from 'node:crypto'
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, describe, expect, it, vi} from 'vitest'

import {type HostCommand, runOnHost} from '../../../src/lib/workflow/host-command.js'

const directory = mkdtempSync(path.join(tmpdir(), 'stkhost-'))
afterAll(() => rmSync(directory, {recursive: true}))

/** Runs a shell script; answers how it failed and what it said. */
async function run(
  script: string,
  more: Partial<HostCommand> = {},
): Promise<{failure: string | undefined; lines: string[]}> {
  const lines: string[] = []
  const command = {timeoutMs: 20_000, cwd: '/', env: process.env, onLine: (line: string) => lines.push(line)}
  return {failure: await runOnHost({argv: ['sh', '-c', script], ...command, ...more}), lines}
}

/** Lives on in the background, and leaves a file when it is asked to end. */
function child(): {script: string; wasAsked: () => boolean} {
  const mark = path.join(directory, randomUUID())
  return {
    script: `(trap "touch ${mark}; exit" TERM; echo ready; while :; do sleep 0.05; done) & wait`,
    wasAsked: () => existsSync(mark),
  }
}

describe('a command on the host', () => {
  it('is told apart by how it ended', async () => {
    expect(await run('echo one; echo two >&2')).toEqual({
      failure: undefined,
      lines: expect.arrayContaining(['one', 'two']) as string[],
    })
    expect((await run('exit 7')).failure).toBe('exited with code 7')
    expect((await run('kill -9 $$')).failure).toBe('was ended by SIGKILL')
    expect((await run('', {argv: ['/no/such/command']})).failure).toBe('could not be started (ENOENT)')
  })

  it('takes with it what it started when its time is over', async () => {
    const {script, wasAsked} = child()
    expect((await run(script, {timeoutMs: 1000})).failure).toBe('took longer than 1 s and was ended')
    await vi.waitFor(() => expect(wasAsked()).toBe(true))
  })

  it('takes with it what it started when the run is interrupted', async () => {
    const {script, wasAsked} = child()
    const interruption = new AbortController()
    const {failure} = await run(script, {signal: interruption.signal, onLine: () => interruption.abort()})
    expect(failure).toBe('was ended: the run was interrupted')
    await vi.waitFor(() => expect(wasAsked()).toBe(true))
  })

  it('is done when it has ended, whoever still holds its output', async () => {
    const started = performance.now()
    const {failure, lines} = await run('sleep 99 & echo $!')
    process.kill(Number(lines[0]))
    expect(failure).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(15_000)
  })
})
