/**
 * The engine's multiplexed stream: frames of stdout and stderr with an 8-byte header. Payload passes through in the pieces
 * in which it arrives, so that a frame of any size costs no memory.
 */
export type OutputStream = 'stderr' | 'stdout'

const HEADER_BYTES = 8
const STDERR = 2

export type OnOutput = (stream: OutputStream, piece: Buffer) => void

/** Takes chunks as they come and calls back with each piece of payload. Nothing is copied but a header that was split. */
export class Demultiplexer {
  #header: Buffer = Buffer.alloc(0)
  #stream: OutputStream = 'stdout'
  #leftBytes = 0
  readonly #onOutput: OnOutput

  constructor(onOutput: OnOutput) {
    this.#onOutput = onOutput
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      rest = this.#leftBytes > 0 ? this.#takePayload(rest) : this.#takeHeader(rest)
    }
  }

  #takePayload(chunk: Buffer): Buffer {
    const piece = chunk.subarray(0, this.#leftBytes)
    this.#leftBytes -= piece.length
    this.#onOutput(this.#stream, piece)
    return chunk.subarray(piece.length)
  }

  #takeHeader(chunk: Buffer): Buffer {
    const missing = HEADER_BYTES - this.#header.length
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, missing)])
    if (this.#header.length === HEADER_BYTES) {
      this.#stream = this.#header[0] === STDERR ? 'stderr' : 'stdout'
      this.#leftBytes = this.#header.readUInt32BE(4)
      this.#header = Buffer.alloc(0)
    }

    return chunk.subarray(missing)
  }
}
