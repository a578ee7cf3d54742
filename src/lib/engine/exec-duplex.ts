/** A process in a container as one stream: writes go to its stdin, reads come from its stdout. */
import {Duplex} from 'node:stream'

import {EngineError} from '../errors.js'
import {Demultiplexer, type OutputStream} from './demux.js'

export interface ExecProcess {
  /** For messages: "cannot <what>: …". */
  readonly what: string
  readonly exitCode: () => Promise<number>
}

const STDERR_LIMIT_BYTES = 4000
/** What the engine writes to stdout itself when the program cannot be run. */
export const RUNTIME_FAILURE = /^OCI runtime exec failed: /

/**
 * Destroying it closes the connection. A process that fails without having written a byte ends the stream with an error
 * that carries its last words; one that ends after it has written ends the stream, as a peer that hangs up does.
 */
export class ExecDuplex extends Duplex {
  readonly #socket: Duplex
  readonly #process: ExecProcess
  readonly #demultiplexer: Demultiplexer
  #lastWords = ''
  #hasOutput = false

  constructor(socket: Duplex, process: ExecProcess) {
    // A process that has ended takes no more input.
    super({allowHalfOpen: false})
    this.#socket = socket
    this.#process = process
    this.#demultiplexer = new Demultiplexer((stream, piece) => this.#take(stream, piece))
    socket.on('data', (chunk: Buffer) => this.#demultiplexer.push(chunk))
    socket.on('end', () => void this.#end())
    socket.on('error', (error) => this.destroy(isHangUp(error) ? undefined : error))
    socket.on('close', () => void this.#end())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, (error) => done(error && !isHangUp(error) ? error : null))
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }

  #take(stream: OutputStream, piece: Buffer): void {
    if (stream === 'stderr' || (!this.#hasOutput && piece.toString('latin1').startsWith('OCI runtime exec failed: '))) {
      this.#lastWords = (this.#lastWords + piece.toString('utf8')).slice(-STDERR_LIMIT_BYTES)
      return
    }

    this.#hasOutput = true
    if (!this.push(piece)) this.#socket.pause()
  }

  #isEnding = false

  async #end(): Promise<void> {
    if (this.#isEnding || this.destroyed) return
    this.#isEnding = true
    const failure = this.#hasOutput ? undefined : await this.#failure()
    if (failure) this.destroy(failure)
    else this.push(null)
  }

  async #failure(): Promise<Error | undefined> {
    try {
      const exitCode = await this.#process.exitCode()
      if (exitCode === 0) return undefined
      const said = this.#lastWords.trim().split('\n').at(-1)?.trim()
      return new EngineError(`cannot ${this.#process.what}: ${said || `exit code ${exitCode}`}`, {facts: {exitCode}})
    } catch (error) {
      return error as Error
    }
  }
}

/** The process ended while bytes for it were on the way. */
function isHangUp(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ECONNRESET'
}
