import {Writable} from 'node:stream'

/** A stream that keeps what is written to it, as wide as a terminal. */
export function capturedStream(size: {columns?: number; rows?: number} = {}): {
  stream: NodeJS.WriteStream
  text: () => string
} {
  let written = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString()
      done()
    },
  })
  Object.assign(stream, {columns: size.columns ?? 80, rows: size.rows ?? 24, isTTY: true})
  return {stream: stream as unknown as NodeJS.WriteStream, text: () => written}
}
