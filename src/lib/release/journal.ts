/**
 * What a run has begun and what it has ended, step by step, each entry in a file of its own: nothing that was written is
 * ever touched again.
 *
 * One write takes the engine some 40 ms, however small it is. So entries that come together are written together, the
 * end of a step is written along with the begin of the next, and a begin may be written before its time: it says that the
 * step may have begun. Only begins are waited for: a step whose end was lost counts as cut short, which is undone like
 * one that succeeded.
 */
import {setImmediate} from 'node:timers/promises'

import type {Engine} from '../engine/engine.js'
import type {JournalEntry} from './record.js'

import {StateFiles} from './state-files.js'
import {jsonOf} from './versions.js'

/** An end waits this long for a begin to travel with. */
const COMPANY_MS = 250

export class Journal {
  readonly #files: StateFiles
  readonly #directory: string
  #pending: JournalEntry[] = []
  /** The next number; another run may have begun the same release. */
  #next: number | undefined
  #writing: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(engine: Engine, project: string, release: number) {
    this.#files = new StateFiles(engine, project)
    this.#directory = journalDirectory(release)
  }

  /** Adds an entry. That a step starts is at the engine when this returns; the rest follows with it, or within 250 ms. */
  async append(entry: JournalEntry): Promise<void> {
    if (entry.state !== 'started') return this.note(entry)
    this.#pending.push(entry)
    await this.flush()
  }

  /** Adds an entry that nobody waits for: it is written with the next one that somebody waits for, or within 250 ms. */
  note(entry: JournalEntry): void {
    this.#pending.push(entry)
    this.#timer ??= setTimeout(() => {
      // A failure here is one of the next flush as well: its entries are still pending.
      this.flush().catch(() => {})
    }, COMPANY_MS)
  }

  /** Everything that was appended is at the engine when this returns. Call it at the end of the run. */
  async flush(): Promise<void> {
    // Steps that become ready together append one after another: what comes in this turn of the loop travels along.
    const turn = this.#writing.then(() => setImmediate()).then(() => this.#writePending())
    this.#writing = turn.catch(() => {})
    await turn
  }

  /** The entries in the order in which they were appended; one that was cut short while it was written is left out. */
  async read(): Promise<JournalEntry[]> {
    const files = await this.#files.list(this.#directory)
    return files
      .toSorted((left, right) => left.path.localeCompare(right.path))
      .flatMap(({content}) => (jsonOf(content) as JournalEntry | undefined) ?? [])
  }

  async #writePending(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const entries = this.#pending
    if (entries.length === 0) return
    this.#pending = []
    try {
      const first = this.#next ?? (await this.#firstFree())
      await this.#files.write(
        entries.map((entry, index) => ({path: this.#pathOf(first + index), content: JSON.stringify(entry)})),
      )
      this.#next = first + entries.length
    } catch (error) {
      this.#pending = [...entries, ...this.#pending]
      throw error
    }
  }

  async #firstFree(): Promise<number> {
    const files = await this.#files.list(this.#directory)
    return Math.max(-1, ...files.map(({path}) => Number.parseInt(path.slice(this.#directory.length + 1), 10))) + 1
  }

  #pathOf(sequence: number): string {
    return `${this.#directory}/${String(sequence).padStart(6, '0')}.json`
  }
}

export function journalDirectory(release: number): string {
  return `journal/${release}`
}
