import fc from 'fast-check'
import {describe, expect, it} from 'vitest'

import {decodeBuildStatus} from '../../../src/lib/engine/buildkit-status.js'
import {Demultiplexer} from '../../../src/lib/engine/demux.js'
import {LineSplitter} from '../../../src/lib/engine/lines.js'
import {splitReference, withDefaultTag} from '../../../src/lib/engine/reference.js'

/** Cuts bytes at arbitrary places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((one, other) => one - other), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

function frame(stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

describe('multiplexed output', () => {
  it('comes out as it went in, wherever the chunks are cut', () => {
    const frames = fc.array(fc.record({stream: fc.constantFrom(1, 2), payload: fc.uint8Array({maxLength: 40})}))
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), {maxLength: 12}), (sent, places) => {
        const output = {stdout: [] as Buffer[], stderr: [] as Buffer[]}
        const demultiplexer = new Demultiplexer((stream, piece) => output[stream].push(Buffer.from(piece)))
        const bytes = Buffer.concat(sent.map(({stream, payload}) => frame(stream, Buffer.from(payload))))
        for (const chunk of cut(bytes, places)) demultiplexer.push(chunk)
        for (const [stream, name] of [
          [1, 'stdout'],
          [2, 'stderr'],
        ] as const) {
          const expected = Buffer.concat(
            sent.filter((one) => one.stream === stream).map((one) => Buffer.from(one.payload)),
          )
          expect(Buffer.concat(output[name]).equals(expected)).toBe(true)
        }
      }),
    )
  })
})

describe('lines', () => {
  it('are whole, wherever the chunks are cut', () => {
    const line = fc.string({unit: fc.constantFrom('a', 'ż', '🦉', ' ')})
    fc.assert(
      fc.property(fc.array(line, {minLength: 1}), fc.array(fc.nat(), {maxLength: 12}), (lines, places) => {
        const splitter = new LineSplitter()
        const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''))
        const seen = cut(bytes, places).flatMap((chunk) => splitter.push(chunk))
        expect([...seen, ...splitter.end()]).toEqual(lines)
      }),
    )
  })

  it('lose their carriage return, and the last needs no end', () => {
    const splitter = new LineSplitter()
    expect(splitter.push(Buffer.from('a\r\nb\r'))).toEqual(['a'])
    expect(splitter.push(Buffer.from('\nc'))).toEqual(['b'])
    expect(splitter.end()).toEqual(['c'])
  })
})

describe('image references', () => {
  it.each([
    ['debian', 'debian', undefined, undefined, undefined],
    ['team/web:1.2', 'team/web', '1.2', undefined, undefined],
    ['localhost:5000/web', 'localhost:5000/web', undefined, undefined, 'localhost:5000'],
    ['r.example/a/b:v@sha256:abc', 'r.example/a/b', 'v', 'sha256:abc', 'r.example'],
  ])('splits %s', (reference, repository, tag, digest, registry) => {
    expect(splitReference(reference)).toEqual({repository, tag, digest, registry})
  })

  it('adds the tag that the engine would add', () => {
    expect(['a', 'a:1', 'h:5/a', 'a@sha256:x'].map(withDefaultTag)).toEqual([
      'a:latest',
      'a:1',
      'h:5/a:latest',
      'a@sha256:x',
    ])
  })
})

describe('build status messages', () => {
  it('skip what is not known and say when they are cut short', () => {
    const text = (number: number, value: string) =>
      Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), Buffer.from(value)])
    const vertex = Buffer.concat([
      text(1, 'd1'),
      text(3, 'RUN x'),
      Buffer.from([4 << 3, 1]),
      text(5, ''),
      Buffer.from([(9 << 3) | 1, ...Array.from({length: 8}, () => 0)]),
    ])
    const log = Buffer.concat([text(1, 'd1'), text(4, 'out\n')])
    const wrap = (number: number, inner: Buffer) =>
      Buffer.concat([Buffer.from([(number << 3) | 2, inner.length]), inner])
    const message = Buffer.concat([wrap(1, vertex), wrap(2, text(1, 'status')), wrap(3, log)])
    expect(decodeBuildStatus(message)).toEqual({
      vertexes: [{digest: 'd1', name: 'RUN x', cached: true, started: true, completed: false, error: ''}],
      logs: [{vertex: 'd1', message: Buffer.from('out\n')}],
    })
    expect(() => decodeBuildStatus(Buffer.from([0x80]))).toThrow(RangeError)
  })
})
