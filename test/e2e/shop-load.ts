/** The load of the issue: 16 keep-alive connections, GET and POST mixed, and always one request of 5 s in flight. */
import {type Call, ShopClient} from './shop-client.js'

export interface ShopLoadReport {
  readonly ok: number
  readonly failed: number
  readonly failures: Readonly<Record<string, number>>
  readonly slow: number
  readonly worstMs: number
}

const CONNECTIONS = 16
const SLOW_MS = 5000

export class ShopLoad {
  readonly #client: ShopClient
  readonly #calls: readonly Call[]
  readonly #slow: Call
  readonly #loops: Promise<void>[] = []
  readonly #failures: Record<string, number> = {}
  #running = true
  #ok = 0
  #slowOk = 0
  #worstMs = 0

  constructor(port: number, calls: {mixed: readonly Call[]; slow: Call}) {
    this.#client = new ShopClient(port, CONNECTIONS + 2)
    this.#calls = calls.mixed
    this.#slow = {...calls.slow, slowMs: SLOW_MS}
    for (let index = 0; index < CONNECTIONS; index += 1) this.#loops.push(this.#loop(index))
    // Two, half a time apart: there is never a moment without one in flight.
    this.#loops.push(this.#slowLoop(0), this.#slowLoop(SLOW_MS / 2))
  }

  get ok(): number {
    return this.#ok
  }

  /** Ends after what is in flight. */
  async stop(): Promise<ShopLoadReport> {
    this.#running = false
    await Promise.all(this.#loops)
    this.#client.close()
    const failed = Object.values(this.#failures).reduce((sum, count) => sum + count, 0)
    return {ok: this.#ok, failed, failures: this.#failures, slow: this.#slowOk, worstMs: Math.round(this.#worstMs)}
  }

  async #loop(index: number): Promise<void> {
    for (let turn = index; this.#running; turn += 1) {
      const started = performance.now()
      const call = this.#calls[turn % this.#calls.length]
      if (call && (await this.#once(call))) this.#ok += 1
      this.#worstMs = Math.max(this.#worstMs, performance.now() - started)
    }
  }

  async #slowLoop(delayMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    while (this.#running) if (await this.#once(this.#slow)) this.#slowOk += 1
  }

  async #once(call: Call): Promise<boolean> {
    try {
      const {status} = await this.#client.call(call)
      if (status >= 200 && status < 300) return true
      this.#count(`${call.method ?? 'GET'} ${call.path} ${status}`)
    } catch (error) {
      this.#count(
        `${call.method ?? 'GET'} ${call.path} ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
      )
    }

    return false
  }

  #count(kind: string): void {
    this.#failures[kind] = (this.#failures[kind] ?? 0) + 1
  }
}
