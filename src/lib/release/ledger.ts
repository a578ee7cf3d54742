import type {Engine} from '../engine/engine.js'
import type {ReleaseRecord, ReleaseSnapshot, ScaleMemory} from './record.js'
/**
 * The ledger of a stack: a record and a snapshot per release, on the state volume at the engine.
 *
 * A client may be killed, and an engine lose its power, while it writes. So a record has two places, and a write goes to
 * the one that does not hold the newest readable version: whatever becomes of the write, that version stays. The newest
 * readable one counts. Text that was cut short is no JSON, so it is known for what it is.
 */
import type {FoundFile} from './state-files.js'

import {storedContent} from './file-store.js'
import {StateFiles} from './state-files.js'
import {jsonOf, newestVersion, type Version, versionsByName, writeVersion} from './versions.js'

/** A record that somebody began to write and nobody can read. */
export interface LedgerProblem {
  readonly release: number
  readonly message: string
}

const RECORDS = 'releases'
const SCALE = 'scale/replicas'

export class Ledger {
  readonly #files: StateFiles
  readonly #onProblem: (problem: LedgerProblem) => void
  /** What this run wrote last, by name: saves reading before the next write. */
  readonly #written = new Map<string, Version>()

  /** `onProblem` is told of each record that cannot be read; such records are left out. */
  constructor(engine: Engine, project: string, onProblem: (problem: LedgerProblem) => void = () => {}) {
    this.#files = new StateFiles(engine, project)
    this.#onProblem = onProblem
  }

  /** Every release that is kept, by number, ascending. None where the stack has no state at this engine. */
  async list(): Promise<readonly ReleaseRecord[]> {
    const byName = versionsByName(await this.#files.list(RECORDS))
    const records = [...byName].flatMap(([name, files]) => this.#recordIn(name, files) ?? [])
    return records.toSorted((left, right) => left.release - right.release)
  }

  /** The highest number that was ever given to a release, of those that were pruned or cannot be read too; 0 for none. */
  async lastNumber(): Promise<number> {
    const files = await this.#files.list(RECORDS)
    return Math.max(0, ...files.map(({path}) => numberIn(path)))
  }

  /** The record of one release; undefined when it is not kept, or cannot be read. */
  async read(release: number): Promise<ReleaseRecord | undefined> {
    const name = recordName(release)
    return this.#recordIn(name, await this.#versions(name))
  }

  /** Writes a record, in place of an earlier one of the same number. Nobody else may write it meanwhile: the lock sees to that. */
  async write(record: ReleaseRecord): Promise<void> {
    await this.#write(recordName(record.release), record)
  }

  async writeSnapshot(release: number, snapshot: ReleaseSnapshot): Promise<void> {
    await this.#files.write([{path: snapshotPath(release), content: JSON.stringify(snapshot)}])
  }

  /** What brings a release back; undefined when it is not kept, or cannot be read. Holds secrets. */
  async snapshot(release: number): Promise<ReleaseSnapshot | undefined> {
    const found = await this.#files.read(snapshotPath(release))
    return found && (jsonOf(found.content) as ReleaseSnapshot | undefined)
  }

  /** Content of a config or secret by the path in a record; undefined when it is gone or is not what was stored. */
  async content(path: string): Promise<Buffer | undefined> {
    return storedContent(this.#files, path)
  }

  /** What `scale` asked for; empty when nobody did. */
  async scale(): Promise<ScaleMemory> {
    const found = newestVersion(await this.#versions(SCALE))
    return (found?.value ?? {}) as ScaleMemory
  }

  async writeScale(memory: ScaleMemory): Promise<void> {
    await this.#write(SCALE, memory)
  }

  #recordIn(name: string, files: readonly FoundFile[]): ReleaseRecord | undefined {
    const newest = newestVersion(files)
    if (newest !== undefined) return newest.value as ReleaseRecord
    const isBroken = files.some(({content}) => content.length > 0)
    const release = numberIn(`${name}.`)
    if (isBroken) this.#onProblem({release, message: `the record of release ${release} cannot be read: ${name}`})
    return undefined
  }

  async #write(name: string, value: object): Promise<void> {
    const before = this.#written.get(name) ?? newestVersion(await this.#versions(name))
    this.#written.delete(name)
    this.#written.set(name, await writeVersion(this.#files, {name, value, before}))
  }

  /** The files of one name, in one call: two would wait for each other at the engine. */
  async #versions(name: string): Promise<readonly FoundFile[]> {
    const files = await this.#files.list(name.slice(0, name.lastIndexOf('/')))
    return versionsByName(files).get(name) ?? []
  }
}

/** Releases are filed by the hundred, so that pruning can put one empty file in the place of many. */
export function recordDirectory(release: number): string {
  return `${RECORDS}/${Math.floor(release / 100)}`
}

export function recordName(release: number): string {
  return `${recordDirectory(release)}/${release}`
}

export function snapshotPath(release: number): string {
  return `snapshots/${release}.json`
}

/** `releases/0/7.a.json` → 7; of a hundred that was pruned as a whole, `releases/0` → 99. */
function numberIn(path: string): number {
  const [, hundred = '', file] = path.split('/')
  return file === undefined ? Number(hundred) * 100 + 99 : Number.parseInt(file, 10)
}
