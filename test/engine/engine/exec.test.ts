import {createHash, randomBytes} from 'node:crypto'
import {Readable} from 'node:stream'
import {text} from 'node:stream/consumers'
import {pipeline} from 'node:stream/promises'
import {beforeAll, describe, expect, it} from 'vitest'

import {EngineError} from '../../../src/lib/errors.js'
import {eventually, failureOf, FOREVER, useSandbox} from './sandbox.js'

const openSockets = () => process.getActiveResourcesInfo().filter((name) => /Socket|Pipe/.test(name)).length

describe('processes in containers', () => {
  const box = useSandbox()
  let id = ''
  beforeAll(async () => {
    id = await box.run('exec', FOREVER)
  })

  it('keeps stdout and stderr apart and answers the exit code', async () => {
    const result = await box.engine.exec(id, ['sh', '-c', 'echo out; echo err >&2; exit 7'])
    expect(result).toEqual({exitCode: 7, stdout: 'out\n', stderr: 'err\n'})
  })

  it('writes stdin and closes it', async () => {
    const input = randomBytes(3_000_000)
    const result = await box.engine.exec(id, ['sha256sum'], {stdin: input})
    expect(result.stdout).toContain(createHash('sha256').update(input).digest('hex'))
  })

  it('closes an empty stdin', async () => {
    expect(await box.engine.exec(id, ['cat'], {stdin: ''})).toEqual({exitCode: 0, stdout: '', stderr: ''})
  })

  it('survives a process that ends without reading its stdin', async () => {
    const result = await box.engine.exec(id, ['sh', '-c', 'exit 5'], {stdin: randomBytes(8_000_000)})
    expect(result.exitCode).toBe(5)
  })

  it('runs as the given user with the given environment', async () => {
    const result = await box.engine.exec(id, ['sh', '-c', 'id -u; echo $WORD'], {user: '10001', env: ['WORD=blue sky']})
    expect(result.stdout).toBe('10001\nblue sky\n')
  })

  it('does not cut a multi-byte character in a large output', async () => {
    const result = await box.engine.exec(id, ['sh', '-c', 'yes "zażółć" | head -n 40000'])
    expect(result.stdout).toBe('zażółć\n'.repeat(40_000))
  })

  it('abandons a process after its timeout with exit code 124 and what it said so far', async () => {
    const started = Date.now()
    const result = await box.engine.exec(id, ['sh', '-c', 'echo begun; sleep 30'], {timeoutMs: 3000})
    expect(result).toEqual({exitCode: 124, stdout: 'begun\n', stderr: ''})
    expect(Date.now() - started).toBeLessThan(15_000)
  })

  it('stops at an abort with its reason', async () => {
    const controller = new AbortController()
    const running = failureOf(box.engine.exec(id, ['sleep', '30'], {signal: controller.signal}))
    setTimeout(() => controller.abort(new Error('interrupted')), 150)
    expect((await running).message).toBe('interrupted')
    const already = failureOf(box.engine.exec(id, ['true'], {signal: AbortSignal.abort(new Error('before'))}))
    expect((await already).message).toBe('before')
  })

  it('tells a missing program apart: 126 or 127, and the reason on stderr', async () => {
    const result = await box.engine.exec(id, ['no-such-program'])
    expect([126, 127]).toContain(result.exitCode)
    expect(result.stdout).toBe('')
    expect(result.stderr).toContain('executable file not found')
  })

  it('says that a stopped container does not run', async () => {
    const stopped = await box.run('stopped', 'true')
    await box.engine.waitContainer(stopped)
    const error = await failureOf(box.engine.exec(stopped, ['true']))
    expect(error).toBeInstanceOf(EngineError)
    expect(error.message).toMatch(new RegExp(`^cannot run true in ${box.name('stopped')}: .*is not running`))
  })

  it('carries 200 MB through a process unchanged, with back-pressure', async () => {
    const block = randomBytes(1024 * 1024)
    const sent = createHash('sha256')
    const received = createHash('sha256')
    const stream = await box.engine.execStream(id, ['cat'])
    let peakBytes = 0
    const source = Readable.from(
      (function* () {
        for (let index = 0; index < 200; index++) {
          block.writeUInt32BE(index)
          const copy = Buffer.from(block)
          sent.update(copy)
          peakBytes = Math.max(peakBytes, stream.writableLength + stream.readableLength)
          yield copy
        }
      })(),
    )
    const writing = pipeline(source, stream, {end: true} as never).catch(() => {})
    let size = 0
    for await (const chunk of stream) {
      size += (chunk as Buffer).length
      received.update(chunk as Buffer)
    }

    await writing
    expect(size).toBe(200 * 1024 * 1024)
    expect(received.digest('hex')).toBe(sent.digest('hex'))
    expect(peakBytes).toBeLessThan(8 * 1024 * 1024)
  })

  it('stops the process from writing while nobody reads', async () => {
    const stream = await box.engine.execStream(id, ['sh', '-c', 'yes | head -c 50000000; echo done > /tmp/written'])
    await new Promise((resolve) => {
      setTimeout(resolve, 700)
    })
    const before = await box.engine.exec(id, ['cat', '/tmp/written'])
    expect(before.exitCode).toBe(1)
    expect(stream.readableLength).toBeLessThan(1_000_000)
    let size = 0
    for await (const chunk of stream) size += (chunk as Buffer).length
    expect(size).toBe(50_000_000)
  })

  it('drops stderr and ends when the process ends', async () => {
    const stream = await box.engine.execStream(id, ['sh', '-c', 'echo noise >&2; echo data; exit 3'])
    expect(await text(stream)).toBe('data\n')
  })

  it('fails with the last words of a process that fails before it says anything', async () => {
    const stream = await box.engine.execStream(id, ['sh', '-c', 'echo "connection refused" >&2; exit 1'])
    expect((await failureOf(text(stream))).message).toMatch(/cannot run sh in .*: connection refused/)
    const missing = await box.engine.execStream(id, ['no-such-program'])
    expect((await failureOf(text(missing))).message).toContain('executable file not found')
  })

  it('closes the connection, and with it the stdin of the process, when it is destroyed', async () => {
    const stream = await box.engine.execStream(id, ['sh', '-c', 'echo up; cat; echo gone > /tmp/gone'])
    await new Promise((resolve) => {
      stream.once('data', resolve)
    })
    stream.destroy()
    const seen = await eventually(async () => {
      const {exitCode} = await box.engine.exec(id, ['test', '-e', '/tmp/gone'])
      return exitCode === 0 ? true : undefined
    })
    expect(seen).toBe(true)
  })

  it('leaves no connection behind after 200 processes', async () => {
    const before = openSockets()
    for (let batch = 0; batch < 20; batch++) {
      await Promise.all(Array.from({length: 10}, () => box.engine.exec(id, ['true'])))
    }

    const after = await eventually(async () => {
      const now = openSockets()
      return now <= before + 24 ? now : undefined
    })
    expect(after).toBeLessThanOrEqual(before + 24)
  })
})
