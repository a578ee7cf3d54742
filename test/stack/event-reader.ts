export interface ReceivedEvent {
  readonly event: string
  readonly data: unknown
}

/** Reads an event stream as a browser does: piece by piece, while the answer goes on. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<string>
  #rest = ''

  private constructor(reader: ReadableStreamDefaultReader<string>) {
    this.#reader = reader
  }

  static async open(url: string, token: string): Promise<EventReader> {
    const response = await fetch(url, {headers: {authorization: `Bearer ${token}`}})
    if (!response.body || response.status !== 200) throw new Error(`the event stream answered ${response.status}`)
    return new EventReader(response.body.pipeThrough(new TextDecoderStream()).getReader())
  }

  /** The next event; null at a clean end. A connection that is cut off throws. */
  async next(): Promise<ReceivedEvent | null> {
    for (;;) {
      const end = this.#rest.indexOf('\n\n')
      if (end !== -1) {
        const frame = this.#rest.slice(0, end)
        this.#rest = this.#rest.slice(end + 2)
        if (!frame.startsWith(':')) return parse(frame)
        continue
      }
      const {done, value} = await this.#reader.read()
      if (done) return null
      this.#rest += value
    }
  }

  async close(): Promise<void> {
    await this.#reader.cancel()
  }
}

function parse(frame: string): ReceivedEvent {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? ''
  return {event: field('event'), data: JSON.parse(field('data'))}
}
