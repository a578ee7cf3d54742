/** A customer and an admin of the bundled shop, over HTTP through its published port. */
import {Agent, request} from 'node:http'

export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface Call {
  readonly method?: string
  readonly path: string
  readonly token?: string | undefined
  readonly json?: unknown
  /** Sends the body in pieces over this time, so that the request is in flight for that long. */
  readonly slowMs?: number
}

export class ShopClient {
  readonly #port: number
  readonly #agent: Agent

  constructor(port: number, connections = 32) {
    this.#port = port
    this.#agent = new Agent({keepAlive: true, maxSockets: connections})
  }

  /** One request; rejects when the connection fails, which is what a customer would notice. */
  async call({json, method = 'GET', path, slowMs = 0, token}: Call): Promise<Answer> {
    const body = json === undefined ? undefined : JSON.stringify(json)
    const headers = {
      ...(body !== undefined && {'content-type': 'application/json'}),
      ...(body !== undefined && slowMs === 0 && {'content-length': Buffer.byteLength(body)}),
      ...(token !== undefined && {authorization: `Bearer ${token}`}),
    }
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {host: '127.0.0.1', port: this.#port, agent: this.#agent, method, path, headers, timeout: slowMs + 60_000},
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
          response.on('end', () => resolve({status: response.statusCode ?? 0, body: text, headers: response.headers}))
          response.on('error', reject)
        },
      )
      outgoing.on('error', reject)
      outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')))
      void send(outgoing, body ?? '', slowMs)
    })
  }

  async json<T>(call: Call, status = 200): Promise<T> {
    const answer = await this.call(call)
    if (answer.status !== status)
      throw new Error(`${call.method ?? 'GET'} ${call.path}: ${answer.status} ${answer.body.slice(0, 300)}`)
    return JSON.parse(answer.body) as T
  }

  async register(email: string): Promise<string> {
    const json = {email, password: 'correct horse battery', name: 'Test Customer'}
    const {token} = await this.json<{token: string}>({method: 'POST', path: '/api/auth/register', json}, 201)
    return token
  }

  async login(email: string, password: string): Promise<string> {
    const {token} = await this.json<{token: string}>({method: 'POST', path: '/api/auth/login', json: {email, password}})
    return token
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** Half of the body at once, half at the end of the time. */
async function send(outgoing: ReturnType<typeof request>, body: string, slowMs: number): Promise<void> {
  if (slowMs === 0) {
    outgoing.end(body)
    return
  }

  const middle = Math.floor(body.length / 2)
  outgoing.write(body.slice(0, middle))
  setTimeout(() => outgoing.end(body.slice(middle)), slowMs)
}
