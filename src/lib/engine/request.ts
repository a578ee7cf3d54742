/**
 * One HTTP request to the Engine API, over an agent that knows the way. Written out here and not left to dockerode, which
 * loads an ssh client, gRPC and protobuf before its first request: 80 ms of every command.
 */
import type {Agent, ClientRequest, IncomingMessage} from 'node:http'
import type {Duplex, Readable} from 'node:stream'

import {text} from 'node:stream/consumers'

import {http} from './node-http.js'

export interface EngineRequest {
  readonly agent: Agent
  readonly method: string
  /** With the API version and the query. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: object | undefined
  /** A tar stream to send, in place of a body. */
  readonly upload?: Buffer | Readable | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
  /** Ask for the bare connection. */
  readonly upgrade: boolean
}

/** The engine answered with an error; `message` is its own sentence. */
export class EngineAnswer extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/**
 * The answer as it comes, or the bare connection once the engine has upgraded to it.
 * Throws EngineAnswer when the engine answers with an error, and node's own error when the connection fails.
 */
export async function send(wanted: EngineRequest): Promise<Duplex | IncomingMessage> {
  const json = wanted.body === undefined ? undefined : JSON.stringify(wanted.body)
  const request = http.request({
    agent: wanted.agent,
    method: wanted.method,
    path: wanted.path,
    headers: headersOf(wanted, json),
    ...(wanted.signal && {signal: wanted.signal}),
  })
  const answer = answerTo(request)
  write(request, wanted.upload ?? json)
  const received = await answer
  if (!('statusCode' in received) || isAccepted(received)) return received
  throw new EngineAnswer(received.statusCode ?? 0, wordsOf(await text(received)))
}

function headersOf(
  {headers, upgrade, upload}: EngineRequest,
  json: string | undefined,
): Record<string, string | number> {
  return {
    ...(json !== undefined && {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(json)}),
    ...(upload !== undefined && {'Content-Type': 'application/x-tar'}),
    ...(Buffer.isBuffer(upload) && {'Content-Length': upload.length}),
    ...(upgrade && {Connection: 'Upgrade', Upgrade: 'tcp'}),
    ...headers,
  }
}

async function answerTo(request: ClientRequest): Promise<Duplex | IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.once('upgrade', (_response, socket, head) => {
      // Bytes that came along with the answer belong to the stream.
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    // Stays for the life of the request: an error after the answer reaches whoever reads the answer.
    request.on('error', reject)
  })
}

function write(request: ClientRequest, data: Buffer | Readable | string | undefined): void {
  // Packers of tar files make streams of a kind of their own.
  if (data === undefined || typeof data === 'string' || Buffer.isBuffer(data)) {
    request.end(data)
    return
  }

  data.once('error', (error) => request.destroy(error))
  data.pipe(request)
}

/** Not modified is an answer as well: a container that runs already was started. */
function isAccepted({statusCode = 0}: IncomingMessage): boolean {
  return (statusCode >= 200 && statusCode < 300) || statusCode === 101 || statusCode === 304
}

function wordsOf(body: string): string {
  try {
    const {message} = JSON.parse(body) as {message?: unknown}
    return typeof message === 'string' ? message : body
  } catch {
    return body
  }
}
