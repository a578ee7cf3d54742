/**
 * One call to the Engine API. dockerode carries the bytes (connections, headers, upgrade); the answer is read here, because
 * dockerode's own reader waits for ever when the engine dies in the middle of an answer.
 */
import type Docker from 'dockerode'

import {Duplex, type Readable} from 'node:stream'
import {text} from 'node:stream/consumers'

import {EngineError} from '../errors.js'
import {engineFailure, isNotFound} from './docker-errors.js'

export interface Call {
  /** What is attempted, for messages: "cannot <what>: …". */
  readonly what: string
  readonly method?: 'DELETE' | 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly query?: Readonly<Record<string, QueryValue>>
  readonly body?: object
  /** A tar stream to send. */
  readonly upload?: Buffer | Readable
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

type QueryValue = boolean | number | readonly string[] | string | undefined

/** The part of dockerode's transport that is used; its own types leave it untyped. */
interface Modem {
  dial(options: object, done: (error: Error | null, result: unknown) => void): void
}

const ACCEPTED = {101: true, 200: true, 201: true, 202: true, 204: true, 304: true}

/** A dockerode with connections of its own. */
export interface Line {
  readonly docker: Docker
  /** Cuts every connection, those in use included. */
  close(): void
}

export class EngineClient {
  readonly address: string
  /** Names of the containers met so far, by id, so that messages speak of `web-r2-1`. */
  readonly #names = new Map<string, string>()
  readonly #modem: Modem
  readonly #openLine: () => Line

  constructor(address: string, openLine: () => Line) {
    this.address = address
    this.#openLine = openLine
    this.#modem = openLine().docker.modem
  }

  learnName(id: string, name: string): void {
    this.#names.set(id, name.replace(/^\//, ''))
  }

  /** What to call a container or another thing of the engine in a message. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id)
  }

  /** For what dockerode does over several connections and does not always clean up: BuildKit builds. */
  openLine(): Line {
    return this.#openLine()
  }

  /** The parsed answer; undefined when the engine sent none. */
  async json<T>(call: Call): Promise<T> {
    const answer = await this.stream(call)
    try {
      const body = await text(answer)
      return (body === '' ? undefined : JSON.parse(body)) as T
    } catch (error) {
      throw this.failure(call, error)
    }
  }

  /** The parsed answer, or undefined when the engine says 404. */
  async find<T>(call: Call): Promise<T | undefined> {
    try {
      return await this.json<T>(call)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Does something whose outcome may already be there: 404 is fine. */
  async removeIfThere(call: Call): Promise<void> {
    await this.find({method: 'DELETE', ...call})
  }

  /** The answer's body as it comes. */
  async stream(call: Call): Promise<Readable> {
    return (await this.#dial(call, false)) as Readable
  }

  /** The connection itself, after the engine has upgraded it to raw bytes. */
  async hijack(call: Call): Promise<Duplex> {
    const socket = await this.#dial(call, true)
    if (socket instanceof Duplex) return socket
    ;(socket as Readable).destroy()
    throw new EngineError(`cannot ${call.what}: the engine at ${this.address} did not upgrade the connection`, {
      suggestions: ['A proxy between here and the engine may forbid it; connect over ssh:// instead'],
    })
  }

  failure(call: Pick<Call, 'signal' | 'what'>, error: unknown): unknown {
    if (call.signal?.aborted) return call.signal.reason
    return engineFailure({address: this.address, what: call.what}, error)
  }

  #dial(call: Call, hijack: boolean): Promise<unknown> {
    call.signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      this.#modem.dial(dialOptions(call, hijack), (error, result) => {
        if (error) reject(this.failure(call, error))
        else resolve(result)
      })
    })
  }
}

/** Fresh for every call: dockerode changes the options that it is given. */
function dialOptions(call: Call, hijack: boolean): object {
  const query = Object.fromEntries(Object.entries(call.query ?? {}).filter(([, value]) => value !== undefined))
  const hasQuery = Object.keys(query).length > 0
  return {
    method: call.method ?? 'GET',
    path: hasQuery ? `${call.path}?` : call.path,
    options: {_query: query, _body: call.body ?? {}},
    isStream: true,
    hijack,
    statusCodes: ACCEPTED,
    ...(call.upload && {file: call.upload}),
    ...(call.headers && {headers: {...call.headers}}),
    ...(call.signal && {abortSignal: call.signal}),
  }
}

/** The engine's form of `--filter label=…`. */
export function labelFilter(labels: readonly string[]): string {
  return JSON.stringify({label: labels})
}
