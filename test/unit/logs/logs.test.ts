import {describe, expect, it} from 'vitest'

import type {ContainerSummary} from '../../../src/lib/engine/engine.js'

import {entryOf, formatEntry, sourceOf} from '../../../src/lib/logs/line.js'
import {LastLines} from '../../../src/lib/logs/last-lines.js'
import {mergeByTime} from '../../../src/lib/logs/merge.js'
import {parseSince} from '../../../src/lib/logs/since.js'

const source = {id: 'abc', service: 'web', replica: 'web-1', isRunning: true}
const plain = {colour: false, timestamps: false, width: 7}

function container(name: string, labels: Record<string, string>): ContainerSummary {
  return {id: 'abc', name, labels, state: 'running'} as unknown as ContainerSummary
}

async function* timed(...times: string[]): AsyncGenerator<{time: string}> {
  for (const time of times) yield {time}
}

describe('a source of log lines', () => {
  it('is every container of a service, named without its project', () => {
    const labels = {'com.docker.compose.service': 'web', 'com.docker.compose.oneoff': 'False'}
    expect(sourceOf(container('shop-web-r7-1', labels), 'shop')).toEqual({...source, replica: 'web-r7-1'})
    expect(sourceOf(container('my-own-name', labels), 'shop')?.replica).toBe('my-own-name')
  })

  it('is no container of "compose run", and none without a service', () => {
    expect(
      sourceOf(
        container('shop-web-run-1', {'com.docker.compose.service': 'web', 'com.docker.compose.oneoff': 'True'}),
        'shop',
      ),
    ).toBeUndefined()
    expect(sourceOf(container('shop-ledger', {}), 'shop')).toBeUndefined()
  })
})

describe('a log line', () => {
  it("loses the engine's timestamp, and nothing else", () => {
    const line = '2026-05-01T12:00:00.123456789Z   at 2026-05-01T00:00:00Z x'
    expect(entryOf(source, {stream: 'stderr', line})).toEqual({
      time: '2026-05-01T12:00:00.123456789Z',
      service: 'web',
      replica: 'web-1',
      stream: 'stderr',
      line: '  at 2026-05-01T00:00:00Z x',
    })
  })

  it('stands behind its replica, padded, with its time when that is wanted', () => {
    const entry = entryOf(source, {stream: 'stdout', line: '2026-05-01T12:00:00.000000000Z hello'})
    expect(formatEntry(entry, plain)).toBe('web-1   | hello')
    expect(formatEntry(entry, {...plain, timestamps: true})).toBe('web-1   | 2026-05-01T12:00:00.000000000Z hello')
  })

  it('has the same colour for the same replica, and not one colour for all', () => {
    const coloured = (replica: string): string =>
      formatEntry({...entryOf(source, {stream: 'stdout', line: ''}), replica}, {...plain, colour: true}).slice(0, 5)
    expect(coloured('web-1')).toBe(coloured('web-1'))
    expect(new Set(['web-1', 'api-1', 'db-1', 'redis-1', 'edge-1'].map(coloured)).size).toBeGreaterThan(2)
  })
})

describe('streams', () => {
  it('are merged by time, equal times in the order of the streams', async () => {
    const merged: string[] = []
    const label = async function* (name: string, times: string[]): AsyncGenerator<{time: string; name: string}> {
      for await (const {time} of timed(...times)) yield {time, name}
    }

    for await (const {time, name} of mergeByTime([
      label('a', ['1', '4', '5']),
      label('b', []),
      label('c', ['1', '2', '6']),
    ])) {
      merged.push(`${name}${time}`)
    }

    expect(merged).toEqual(['a1', 'c1', 'c2', 'a4', 'a5', 'c6'])
  })

  it('are closed when the reader stops early', async () => {
    let isClosed = false
    const open = async function* (): AsyncGenerator<{time: string}> {
      try {
        yield* timed('1', '2', '3')
      } finally {
        isClosed = true
      }
    }

    const merged = mergeByTime([open()])
    await merged.next()
    await merged.return(undefined)
    expect(isClosed).toBe(true)
  })
})

describe('--since', () => {
  const now = new Date('2026-05-01T12:00:00Z')
  it.each([
    ['10m', '2026-05-01T11:50:00.000Z'],
    ['1h30m', '2026-05-01T10:30:00.000Z'],
    ['2026-04-30T00:00:00Z', '2026-04-30T00:00:00.000Z'],
    ['1767225600', '2026-01-01T00:00:00.000Z'],
  ])('%s is %s', (text, time) => {
    expect(new Date(parseSince(text, now) * 1000).toISOString()).toBe(time)
  })

  it('refuses what is neither', () => {
    expect(() => parseSince('yesterday-ish', now)).toThrow(expect.objectContaining({code: 'E_USAGE', exit: 2}))
  })
})

describe('the last lines that were shown', () => {
  const entry = (stream: 'stdout' | 'stderr', time: string) => ({
    time,
    service: 'web',
    replica: 'web-1',
    stream,
    line: 'x',
  })

  it('leave out what an overlapping read brings again, and nothing that one stream wrote after the other was copied', () => {
    const last = new LastLines()
    last.note(entry('stdout', '2026-01-01T00:00:00.001Z'))
    last.note(entry('stderr', '2026-01-01T00:00:00.005Z'))
    expect(last.has(entry('stderr', '2026-01-01T00:00:00.005Z'))).toBe(true)
    // Copied later, written earlier.
    expect(last.has(entry('stdout', '2026-01-01T00:00:00.004Z'))).toBe(false)
    expect(last.earliest('web-1')).toBe('2026-01-01T00:00:00.001Z')
  })

  it('go by the other stream where one has said nothing', () => {
    const last = new LastLines()
    last.note(entry('stdout', '2026-01-01T00:00:00.003Z'))
    expect(last.has(entry('stderr', '2026-01-01T00:00:00.002Z'))).toBe(true)
    expect(last.has(entry('stderr', '2026-01-01T00:00:00.004Z'))).toBe(false)
    expect(last.earliest('web-2')).toBeUndefined()
  })
})
