/** The router's configuration file as the table that it was rendered from. */
import type {RouterRuntime} from './runtime.js'
import type {RouterTable} from './table.js'

import {parseTable, renderConfig} from './render.js'

export class RouterTableFile {
  readonly #runtime: RouterRuntime
  /** Read or written last. Whoever changes the router holds the lock of the stack, so nobody else does meanwhile. */
  #table: RouterTable | undefined

  constructor(runtime: RouterRuntime) {
    this.#runtime = runtime
  }

  async read(): Promise<RouterTable> {
    this.#table = parseTable(await this.#runtime.readConfig())
    return this.#table
  }

  async known(): Promise<RouterTable> {
    return this.#table ?? this.read()
  }

  /** HAProxy checks it first; the old file stays when it is refused. */
  async write(table: RouterTable): Promise<void> {
    await this.#runtime.writeConfig(renderConfig(table))
    this.#table = table
  }

  forget(): void {
    this.#table = undefined
  }
}
