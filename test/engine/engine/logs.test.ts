import {describe, expect, it} from 'vitest'

import type {LogLine} from '../../../src/lib/engine/engine.js'

import {failureOf, FOREVER, useSandbox} from './sandbox.js'

async function all(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const seen: LogLine[] = await Array.fromAsync(lines)
  return seen
}

describe('logs', () => {
  const box = useSandbox()

  it('tells stdout from stderr, line by line', async () => {
    const id = await box.run('both', 'echo one; echo two; sleep 0.1; echo bad >&2; printf "no end"')
    await box.engine.waitContainer(id)
    const lines = await all(box.engine.logs(id, {}))
    expect(lines.filter((one) => one.stream === 'stdout').map((one) => one.line)).toEqual(['one', 'two', 'no end'])
    expect(lines.filter((one) => one.stream === 'stderr').map((one) => one.line)).toEqual(['bad'])
  })

  it('answers only the last lines that are asked for', async () => {
    const id = await box.run('tail', 'seq 1 100')
    await box.engine.waitContainer(id)
    expect((await all(box.engine.logs(id, {tail: 3}))).map((one) => one.line)).toEqual(['98', '99', '100'])
    expect(await all(box.engine.logs(id, {tail: 0}))).toEqual([])
  })

  it('answers only what was said since and until a moment', async () => {
    const id = await box.run('since', 'echo early; sleep 1.2; echo late')
    await box.engine.waitContainer(id)
    const stamped = await all(box.engine.logs(id, {timestamps: true}))
    const lateAt = Date.parse(stamped.at(-1)!.line.split(' ')[0]!) / 1000
    const words = async (options: object) => (await all(box.engine.logs(id, options))).map((one) => one.line)
    expect(await words({sinceSeconds: lateAt - 0.5})).toEqual(['late'])
    expect(await words({untilSeconds: lateAt - 0.5})).toEqual(['early'])
  })

  it('keeps a very long line and its multi-byte characters whole', async () => {
    const id = await box.run('long', String.raw`head -c 600000 /dev/zero | sed 's/\x00/ż/g'; echo; echo short`)
    await box.engine.waitContainer(id)
    const [long, short] = await all(box.engine.logs(id, {}))
    expect(long?.line).toBe('ż'.repeat(600_000))
    expect(short?.line).toBe('short')
  })

  it('reads the log of a terminal, which has one stream and no frames', async () => {
    const id = await box.run(
      'tty',
      String.raw`echo first; echo second >&2; printf "\001\000\000\000\000\000\000\002ok\n"`,
      {Tty: true},
    )
    await box.engine.waitContainer(id)
    const lines = await all(box.engine.logs(id, {}))
    expect(lines.slice(0, 2)).toEqual([
      {stream: 'stdout', line: 'first'},
      {stream: 'stdout', line: 'second'},
    ])
    expect(lines[2]?.line).toContain('ok')
  })

  it('follows until it is aborted, and ends quietly then', async () => {
    const id = await box.run('follow', `echo up; ${FOREVER}`)
    const controller = new AbortController()
    const seen: string[] = []
    for await (const {line} of box.engine.logs(id, {follow: true, signal: controller.signal})) {
      seen.push(line)
      controller.abort()
    }

    expect(seen).toEqual(['up'])
  })

  it('follows to the end of the container', async () => {
    const id = await box.run('to-the-end', 'for i in 1 2 3; do echo $i; sleep 0.1; done')
    const lines = await all(box.engine.logs(id, {follow: true}))
    expect(lines.map((one) => one.line)).toEqual(['1', '2', '3'])
  })

  it('closes its connection when the reader stops early', async () => {
    const id = await box.run('early', `yes | head -n 1000; ${FOREVER}`)
    const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('Pipe')).length
    for (let round = 0; round < 30; round++) {
      for await (const {line} of box.engine.logs(id, {follow: true})) if (line === 'y') break
    }

    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
    const after = process.getActiveResourcesInfo().filter((name) => name.startsWith('Pipe')).length
    expect(after).toBeLessThanOrEqual(before + 8)
  })

  it('names the container that does not exist', async () => {
    const error = await failureOf(all(box.engine.logs('stkeng-nobody', {})))
    expect(error.message).toBe('cannot read the logs of stkeng-nobody: No such container: stkeng-nobody')
  })
})
