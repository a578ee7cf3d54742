/**
 * The clients of the edge: keep-alive connections with GETs and POSTs, a request of 10 s every 2 s, and an event stream
 * that is opened again when it ends. It keeps what a client would notice, with times, so that a test can ask for any part.
 */
import http from 'node:http'

export interface Failure {
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly startedMs: number
  /** `POST slow ECONNRESET`, `GET 500`, `stream stalled`. */
  readonly kind: string
  /** Which release answered, when one did. */
  readonly version: string | undefined
}

/** An event stream ended. Whether it might do so is for the test to judge: it knows who was being drained. */
export interface StreamEnd {
  readonly atMs: number
  readonly replica: string | undefined
  readonly version: string | undefined
}

export interface LoadReport {
  readonly fromMs: number
  readonly ok: number
  readonly slowOk: number
  readonly frames: number
  readonly failures: readonly Failure[]
  readonly streamEnds: readonly StreamEnd[]
  /** The longest time without any successful answer. */
  readonly gapMs: number
  /** By version: first and last moment at which it answered a fast request, whatever the status, and how often. A slow one may have been accepted long before. */
  readonly versions: ReadonlyMap<string, {readonly firstMs: number; readonly lastMs: number; readonly count: number}>
}

export const CONNECTIONS = 6
/** Between two requests of a connection: the machine is for the rollout, not for the load. */
const PACE_MS = 10
export const SLOW_MS = 10_000
const SLOW_EVERY_MS = 2000
/** Frames come every 500 ms. */
const STALLED_MS = 5000

/** Most requests that can be in flight at one moment. */
export const MAX_IN_FLIGHT = CONNECTIONS + Math.ceil(SLOW_MS / SLOW_EVERY_MS) + 1

interface Answer {
  readonly status: number
  readonly version: string | undefined
}

/** Where the edge is. */
export interface Edge {
  readonly host: string
  readonly port: number
}

export class EdgeLoad {
  readonly #edge: Edge
  readonly #agent = new http.Agent({keepAlive: true, maxSockets: CONNECTIONS})
  readonly #loops: Promise<void>[]
  readonly #slow = new Set<Promise<void>>()
  readonly #slowTimer: NodeJS.Timeout
  readonly #stopped = new AbortController()
  readonly #waiting: {count: number; resolve: () => void}[] = []
  readonly #answers: {atMs: number; version: string; ok: boolean; slow: boolean}[] = []
  readonly #frames: number[] = []
  readonly #failures: Failure[] = []
  readonly #streamEnds: StreamEnd[] = []
  #ok = 0

  constructor(edge: Edge) {
    this.#edge = edge
    this.#loops = Array.from({length: CONNECTIONS}, async (_, index) => this.#loop(index))
    this.#loops.push(this.#follow())
    this.#startSlow()
    this.#slowTimer = setInterval(() => this.#startSlow(), SLOW_EVERY_MS)
  }

  /** Resolves once this many more requests have succeeded; rejects when that takes longer than a slow request. */
  async after(count: number): Promise<void> {
    const last = this.#failures.length
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const kinds = this.#failures.slice(last).map(({kind}) => kind)
        reject(new Error(`nothing answers: ${kinds.length} requests failed (${[...new Set(kinds)].join(', ')})`))
      }, SLOW_MS)
      this.#waiting.push({
        count: this.#ok + count,
        resolve: () => {
          clearTimeout(timer)
          resolve()
        },
      })
    })
  }

  /** What happened between two moments, both in milliseconds since the epoch. */
  between(fromMs: number, toMs: number = Date.now()): LoadReport {
    const within = <T extends {atMs: number}>(items: readonly T[]): T[] =>
      items.filter(({atMs}) => atMs >= fromMs && atMs < toMs)
    const answers = within(this.#answers)
    const good = answers.filter(({ok}) => ok)
    const times = [fromMs, ...good.map(({atMs}) => atMs), toMs]
    const versions = new Map<string, {firstMs: number; lastMs: number; count: number}>()
    for (const {atMs, version} of answers.filter(({slow}) => !slow)) {
      const known = versions.get(version)
      versions.set(version, {firstMs: known?.firstMs ?? atMs, lastMs: atMs, count: (known?.count ?? 0) + 1})
    }

    return {
      fromMs,
      ok: good.length,
      slowOk: good.filter(({slow}) => slow).length,
      frames: this.#frames.filter((atMs) => atMs >= fromMs && atMs < toMs).length,
      failures: within(this.#failures),
      streamEnds: within(this.#streamEnds),
      gapMs: Math.max(...times.slice(1).map((atMs, index) => atMs - times[index]!)),
      versions,
    }
  }

  /** Starts nothing new and returns when what is in flight has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#slowTimer)
    this.#stopped.abort()
    await Promise.all([...this.#loops, ...this.#slow])
    this.#agent.destroy()
  }

  async #loop(index: number): Promise<void> {
    for (let turn = index; !this.#stopped.signal.aborted; turn += 1) {
      await this.#once({method: turn % 2 === 0 ? 'GET' : 'POST', path: '/', slow: false})
      await new Promise((resolve) => setTimeout(resolve, PACE_MS))
    }
  }

  #startSlow(): void {
    const request = this.#once({method: 'POST', path: `/?d=${SLOW_MS}`, slow: true})
    this.#slow.add(request)
    void request.then(() => this.#slow.delete(request))
  }

  async #once(call: {method: string; path: string; slow: boolean}): Promise<void> {
    const startedMs = Date.now()
    const what = `${call.method}${call.slow ? ' slow' : ''}`
    try {
      const {status, version} = await this.#request(call)
      const ok = status === 200 && version !== undefined
      if (version !== undefined) this.#answers.push({atMs: Date.now(), version, ok, slow: call.slow})
      if (ok) this.#succeed()
      else this.#fail({startedMs, kind: `${what} ${status}`, version})
    } catch (error) {
      this.#fail({startedMs, kind: `${what} ${reasonOf(error)}`, version: undefined})
    }
  }

  async #request(call: {method: string; path: string; slow: boolean}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const {method, path, slow} = call
      const agent = slow ? undefined : this.#agent
      const options = {...this.#edge, method, path, agent, timeout: 20_000}
      const sent = http.request(options, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
        response.on('end', () => resolve({status: response.statusCode ?? 0, version: versionIn(body)}))
        response.on('error', reject)
      })
      sent.on('timeout', () => sent.destroy(new Error('no answer in 20 s'))).on('error', reject)
      sent.end(method === 'POST' ? 'x'.repeat(200) : undefined)
    })
  }

  #succeed(): void {
    this.#ok += 1
    for (const waiter of this.#waiting.filter(({count}) => this.#ok >= count)) waiter.resolve()
  }

  #fail(failure: Omit<Failure, 'atMs'>): void {
    this.#failures.push({atMs: Date.now(), ...failure})
  }

  /** Reads event streams one after the other. */
  async #follow(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const startedMs = Date.now()
      const end = await this.#stream()
      if (this.#stopped.signal.aborted) return
      if (end.failure === undefined) this.#streamEnds.push({atMs: Date.now(), ...end})
      else this.#fail({startedMs, kind: `stream of ${end.replica} ${end.failure}`, version: end.version})
      await new Promise((resolve) => setTimeout(resolve, PACE_MS))
    }
  }

  /** One event stream to its end. Only one that was opened and whose frames were right can have ended well. */
  async #stream(): Promise<{replica: string | undefined; version: string | undefined; failure: string | undefined}> {
    const seen: {replica?: string; version?: string; next: number} = {next: 0}
    const failure = await new Promise<string | undefined>((resolve) => {
      const options = {...this.#edge, path: '/events', agent: false, timeout: STALLED_MS}
      const sent = http.request({...options, signal: this.#stopped.signal}, (response) => {
        if (response.statusCode !== 200) resolve(String(response.statusCode))
        let rest = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          const frames = (rest + chunk).split('\n\n')
          rest = frames.pop() ?? ''
          if (!frames.every((frame) => this.#takeFrame(frame, seen))) resolve('garbage')
        })
        response.on('close', () => resolve(undefined)).on('error', () => resolve(undefined))
      })
      sent.on('timeout', () => {
        resolve('stalled')
        sent.destroy()
      })
      // After the first frame a broken connection is an end like any other.
      sent.on('error', (error) => resolve(seen.next > 0 ? undefined : reasonOf(error)))
      sent.end()
    })
    return {replica: seen.replica, version: seen.version, failure}
  }

  #takeFrame(text: string, seen: {replica?: string; version?: string; next: number}): boolean {
    try {
      const frame = JSON.parse(text.replace(/^data: /, '')) as {version: string; replica: string; frame: number}
      const isNext = frame.frame === seen.next
      Object.assign(seen, {replica: frame.replica, version: frame.version, next: seen.next + 1})
      this.#frames.push(Date.now())
      return isNext
    } catch {
      return false
    }
  }
}

function versionIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as {version: string}).version
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).message
}
