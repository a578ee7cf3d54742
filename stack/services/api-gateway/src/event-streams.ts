import {PassThrough, type Readable} from 'node:stream'

/**
 * Event streams on their way to a client. They would never end by themselves, and cutting them off would look like a
 * failure to the client: when the process stops, each gets a proper end.
 */
export class EventStreams {
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  adopt(upstream: Readable): Readable {
    const client = new PassThrough()
    const end = (): void => {
      upstream.unpipe(client)
      client.end()
    }
    // An upstream that breaks ends the stream as well: the client connects again in either case.
    upstream.once('error', end)
    upstream.pipe(client)
    if (this.#signal.aborted) end()
    this.#signal.addEventListener('abort', end)
    client.once('close', () => {
      this.#signal.removeEventListener('abort', end)
      upstream.destroy()
    })
    return client
  }
}
