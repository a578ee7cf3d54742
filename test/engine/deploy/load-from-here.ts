/** A load from the test's own process through a published port, as a client outside the stack would be. */
import http from 'node:http'

export interface HostLoad {
  /** Resolves once this many more requests have succeeded. */
  readonly after: (count: number) => Promise<void>
  readonly stop: () => Promise<{ok: number; failures: string[]; bodies: Set<string>}>
}

/** GETs and POSTs, each connection busy all the time, and one request in flight that takes `slowMs`. */
export function loadFromHere(port: number, options: {connections: number; slowMs: number}): HostLoad {
  const agent = new http.Agent({keepAlive: true, maxSockets: options.connections + 1})
  const seen = {ok: 0, failures: [] as string[], bodies: new Set<string>()}
  const waiting: {count: number; resolve: () => void}[] = []
  const stopped = new AbortController()

  const one = async (method: string, path: string): Promise<void> => {
    try {
      const {body, status} = await request({agent, method, path, port})
      if (status === 200) seen.ok += 1
      else seen.failures.push(String(status))
      seen.bodies.add(body)
    } catch (error) {
      seen.failures.push(String(error))
    }

    for (const waiter of waiting.filter(({count}) => seen.ok >= count)) waiter.resolve()
  }

  const loop = async (method: (n: number) => string, path: string): Promise<void> => {
    for (let n = 0; !stopped.signal.aborted; n += 1) await one(method(n), path)
  }

  const loops = Array.from({length: options.connections}, async () => loop((n) => (n % 2 === 0 ? 'GET' : 'POST'), '/'))
  loops.push(loop(() => 'POST', `/?d=${options.slowMs}`))
  return {
    after: async (count) =>
      new Promise((resolve) => {
        waiting.push({count: seen.ok + count, resolve})
      }),
    stop: async () => {
      stopped.abort()
      await Promise.all(loops)
      agent.destroy()
      return seen
    },
  }
}

async function request(options: {
  agent: http.Agent
  method: string
  path: string
  port: number
}): Promise<{status: number | undefined; body: string}> {
  return new Promise((resolve, reject) => {
    const sent = http.request({...options, host: '127.0.0.1', timeout: 20_000}, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      response.on('end', () => resolve({status: response.statusCode, body})).on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in 20 s'))).on('error', reject)
    sent.end(options.method === 'POST' ? 'x'.repeat(200) : undefined)
  })
}
