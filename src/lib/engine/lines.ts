/** Bytes in, whole lines out: neither a line nor a multi-byte character is cut where a chunk ends. */
import {StringDecoder} from 'node:string_decoder'

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  /** Pieces of the line that has no end yet; joined once, so a very long line stays linear. */
  #pieces: string[] = []

  /** The lines that this chunk completes, without their line ends. */
  push(chunk: Buffer): string[] {
    const parts = this.#decoder.write(chunk).split('\n')
    const last = parts.pop() ?? ''
    const lines = parts.map((part, index) => withoutReturn(index === 0 ? this.#join(part) : part))
    if (last !== '') this.#pieces.push(last)
    return lines
  }

  /** What is left when the bytes end without a line end. */
  end(): string[] {
    const rest = withoutReturn(this.#join(this.#decoder.end()))
    return rest === '' ? [] : [rest]
  }

  #join(end: string): string {
    const line = this.#pieces.join('') + end
    this.#pieces = []
    return line
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
