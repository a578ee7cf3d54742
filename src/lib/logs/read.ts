/** Reads the logs of a stack: what is there, in the order of time, and then what comes, replicas that appear included. */
import type {Engine, LogOptions} from '../engine/engine.js'

import {EngineError} from '../errors.js'
import {LABELS} from '../labels.js'
import {LastLines} from './last-lines.js'
import {entryOf, type LogEntry, type LogSource, sourceOf} from './line.js'
import {mergeByTime} from './merge.js'

export interface LogRequest {
  readonly project: string
  /** Empty = all. */
  readonly services: readonly string[]
  readonly sinceSeconds?: number
  /** Last lines of each replica. */
  readonly tail?: number
  readonly signal: AbortSignal
}

export interface LogSink {
  readonly onSources: (sources: readonly LogSource[]) => void
  readonly onEntry: (entry: LogEntry) => void
  /** A log that cannot be read, e.g. because of its logging driver. */
  readonly onTrouble: (source: LogSource, error: unknown) => void
}

/** The replicas of the project, sorted by name; those of the services that were asked for. */
export async function listSources(engine: Engine, {project, services}: LogRequest): Promise<LogSource[]> {
  const containers = await engine.listContainers([`${LABELS.project}=${project}`])
  return containers
    .map((container) => sourceOf(container, project))
    .filter((source) => source !== undefined)
    .filter(({service}) => services.length === 0 || services.includes(service))
    .toSorted((a, b) => a.replica.localeCompare(b.replica, 'en', {numeric: true}))
}

/** Hands out what is in the logs now. Answers the last lines. */
export async function readHistory(engine: Engine, request: LogRequest, sink: LogSink): Promise<LastLines> {
  const sources = await listSources(engine, request)
  sink.onSources(sources)
  const last = new LastLines()
  const streams = sources.map((source) =>
    entriesOf(engine, source, {options: historyOptions(request), onTrouble: sink.onTrouble}),
  )
  for await (const entry of mergeByTime(streams)) {
    sink.onEntry(entry)
    last.note(entry)
  }

  return last
}

/** History first, then new lines until the signal. */
export async function followLogs(engine: Engine, request: LogRequest, sink: LogSink): Promise<void> {
  // Subscribed before anything is listed: a replica that starts in between is not missed.
  const events = engine.events({labels: [`${LABELS.project}=${request.project}`], signal: request.signal})
  // The engine's clock, not ours: they are compared with the engine's timestamps.
  const {time} = await engine.info()
  const known = new Set((await listSources(engine, request)).map(({id}) => id))
  const last = await readHistory(engine, request, sink)
  const follower = new Follower({engine, request, sink, last, known, startedAtSeconds: time.getTime() / 1000})
  await follower.attachNew()
  for await (const event of events) {
    if (event.type === 'container' && event.action === 'start') await follower.attachNew()
  }
}

interface FollowerState {
  readonly engine: Engine
  readonly request: LogRequest
  readonly sink: LogSink
  readonly last: LastLines
  /** Containers that were there when the history was read. */
  readonly known: ReadonlySet<string>
  readonly startedAtSeconds: number
}

/** Keeps one open log per running replica. */
class Follower {
  readonly #state: FollowerState
  readonly #attached = new Set<string>()

  constructor(state: FollowerState) {
    this.#state = state
  }

  /** Opens the logs of running replicas that are not open yet. */
  async attachNew(): Promise<void> {
    const {engine, request, sink} = this.#state
    const sources = await listSources(engine, request)
    const fresh = sources.filter(({isRunning, id}) => isRunning && !this.#attached.has(id))
    if (fresh.length > 0) sink.onSources(sources)
    for (const source of fresh) void this.#follow(source)
  }

  async #follow(source: LogSource): Promise<void> {
    const {engine, sink, last} = this.#state
    this.#attached.add(source.id)
    let isBroken = false
    const onTrouble = (failed: LogSource, error: unknown): void => {
      isBroken = true
      sink.onTrouble(failed, error)
    }

    for await (const entry of entriesOf(engine, source, {options: this.#options(source), onTrouble})) {
      if (last.has(entry)) continue
      last.note(entry)
      sink.onEntry(entry)
    }

    // The log ends with the container. It may run again by now, and its start event may have come before the end.
    this.#attached.delete(source.id)
    if (!isBroken && !this.#state.request.signal.aborted) await this.attachNew().catch(() => {})
  }

  /** A replica that was there is read on from its last line; one that is new, from its first. */
  #options(source: LogSource): LogOptions {
    const {last, known, startedAtSeconds, request} = this.#state
    const options = {follow: true, timestamps: true, signal: request.signal}
    const since = last.earliest(source.replica)
    // A second of overlap: fractions do not survive as floating point. What was shown is told by its time and left out.
    if (since !== undefined) return {...options, sinceSeconds: Date.parse(since) / 1000 - 1}
    return known.has(source.id) ? {...options, sinceSeconds: startedAtSeconds} : options
  }
}

function historyOptions({sinceSeconds, tail, signal}: LogRequest): LogOptions {
  return {
    timestamps: true,
    signal,
    ...(sinceSeconds === undefined ? {} : {sinceSeconds}),
    ...(tail === undefined ? {} : {tail}),
  }
}

async function* entriesOf(
  engine: Engine,
  source: LogSource,
  {options, onTrouble}: {options: LogOptions; onTrouble: LogSink['onTrouble']},
): AsyncGenerator<LogEntry> {
  try {
    for await (const line of engine.logs(source.id, options)) yield entryOf(source, line)
  } catch (error) {
    if (!isGone(error)) onTrouble(source, error)
  }
}

/** Removed between the list and the read: a rollout does that all the time. */
function isGone(error: unknown): boolean {
  return error instanceof EngineError && (error.statusCode === 404 || error.statusCode === 409)
}
