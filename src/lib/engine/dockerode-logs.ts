/** Logs of a container, line by line. */
import type {EngineClient} from './client.js'
import type {ContainerFacts, Engine, LogLine, LogOptions} from './engine.js'

import {Demultiplexer, type OutputStream} from './demux.js'
import {LineSplitter} from './lines.js'

export function logCalls(client: EngineClient): Pick<Engine, 'logs'> {
  return {logs: (id, options) => follow(client, id, options)}
}

/** An abort ends the lines quietly. */
async function* follow(client: EngineClient, id: string, options: LogOptions): AsyncGenerator<LogLine> {
  const {signal} = options
  if (signal?.aborted) return
  const what = `read the logs of ${client.nameOf(id)}`
  try {
    const {Config} = await client.json<ContainerFacts>({what, path: `/containers/${id}/json`})
    const bytes = await client.stream({what, path: `/containers/${id}/logs`, query: queryOf(options), signal})
    const lines = new LogLines(Config.Tty)
    for await (const chunk of bytes) yield* lines.push(chunk as Buffer)
    yield* lines.end()
  } catch (error) {
    if (signal?.aborted) return
    throw client.failure({what}, error)
  }
}

function queryOf({follow: isFollowing, tail, sinceSeconds, untilSeconds, timestamps}: LogOptions) {
  return {
    stdout: true,
    stderr: true,
    follow: isFollowing ?? false,
    timestamps: timestamps ?? false,
    tail: tail ?? 'all',
    since: sinceSeconds === undefined ? undefined : engineTime(sinceSeconds),
    until: untilSeconds === undefined ? undefined : engineTime(untilSeconds),
  }
}

/** `seconds.nanoseconds`: never in the exponent form that a small number prints as. */
function engineTime(seconds: number): string {
  return seconds.toFixed(6)
}

class LogLines {
  readonly #splitters = {stdout: new LineSplitter(), stderr: new LineSplitter()}
  readonly #demultiplexer: Demultiplexer
  readonly #isTty: boolean
  #ready: LogLine[] = []

  constructor(isTty: boolean) {
    this.#isTty = isTty
    this.#demultiplexer = new Demultiplexer((stream, piece) => this.#take(stream, piece))
  }

  push(chunk: Buffer): LogLine[] {
    // A terminal has one stream, and the engine sends it as it is.
    if (this.#isTty) this.#take('stdout', chunk)
    else this.#demultiplexer.push(chunk)
    return this.#drain()
  }

  end(): LogLine[] {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#ready.push(...this.#splitters[stream].end().map((line) => ({stream, line})))
    }

    return this.#drain()
  }

  #take(stream: OutputStream, piece: Buffer): void {
    this.#ready.push(...this.#splitters[stream].push(piece).map((line) => ({stream, line})))
  }

  #drain(): LogLine[] {
    const lines = this.#ready
    this.#ready = []
    return lines
  }
}
