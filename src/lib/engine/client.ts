/** One call to the Engine API: its path, its query, what its answer is read as, and its failures in stackctl's words. */
import type Docker from 'dockerode'
import type {Agent} from 'node:http'

import {Duplex, type Readable} from 'node:stream'
import {text} from 'node:stream/consumers'

import {EngineError} from '../errors.js'
import {engineFailure, isNotFound} from './docker-errors.js'
import {send} from './request.js'

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

/** How to reach an engine. */
export interface Route {
  readonly address: string
  readonly agent: Agent
  /** API version that both sides speak; undefined while it is being found out. */
  readonly version?: string
  /** A dockerode, for what is more than one request: BuildKit builds. */
  readonly openLine: () => Promise<Line>
}

/** A dockerode with connections of its own. */
export interface Line {
  readonly docker: Docker
  /** Cuts every connection, those in use included. */
  close(): void
}

export class EngineClient {
  /** Names of the containers met so far, by id, so that messages speak of `web-r2-1`. */
  readonly #names = new Map<string, string>()
  readonly #route: Route

  constructor(route: Route) {
    this.#route = route
  }

  get address(): string {
    return this.#route.address
  }

  learnName(id: string, name: string): void {
    this.#names.set(id, name.replace(/^\//, ''))
  }

  /** What to call a container or another thing of the engine in a message. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id)
  }

  /** For what dockerode does over several connections and does not always clean up: BuildKit builds. */
  async openLine(): Promise<Line> {
    return this.#route.openLine()
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
    return this.#send(call, false)
  }

  /** The connection itself, after the engine has upgraded it to raw bytes. */
  async hijack(call: Call): Promise<Duplex> {
    const socket = await this.#send(call, true)
    if (socket instanceof Duplex) return socket
    socket.destroy()
    throw new EngineError(`cannot ${call.what}: the engine at ${this.address} did not upgrade the connection`, {
      suggestions: ['A proxy between here and the engine may forbid it; connect over ssh:// instead'],
    })
  }

  failure(call: Pick<Call, 'signal' | 'what'>, error: unknown): unknown {
    if (call.signal?.aborted) return call.signal.reason
    return engineFailure({address: this.address, what: call.what}, error)
  }

  async #send(call: Call, upgrade: boolean): Promise<Readable> {
    call.signal?.throwIfAborted()
    const {agent, version} = this.#route
    const {body, headers, method = 'GET', signal, upload} = call
    const path = `${version === undefined ? '' : `/v${version}`}${call.path}${queryOf(call)}`
    try {
      return await send({agent, method, path, body, upload, headers, signal, upgrade})
    } catch (error) {
      throw this.failure(call, error)
    }
  }
}

function queryOf({query = {}}: Call): string {
  const words = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== undefined) words.append(name, String(one))
  }

  return words.size === 0 ? '' : `?${words.toString()}`
}

/** The engine's form of `--filter label=…`. */
export function labelFilter(labels: readonly string[]): string {
  return JSON.stringify({label: labels})
}
