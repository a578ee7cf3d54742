import type {Readable} from 'node:stream'

/** What happens at the engine, as it happens. */
import type {EngineClient} from './client.js'
import type {Engine, EngineEvent} from './engine.js'

import {EngineError, UnreachableError} from '../errors.js'
import {labelFilter} from './client.js'
import {jsonLines} from './json-lines.js'

const WHAT = "follow the engine's events"

interface RawEvent {
  readonly Type: string
  readonly Action: string
  readonly Actor: {readonly ID: string; readonly Attributes: Record<string, string> | null}
  readonly time: number
  readonly timeNano: number
}

export function eventCalls(client: EngineClient): Pick<Engine, 'events'> {
  return {
    events({labels, signal}) {
      // Subscribed at once, not when the first event is awaited: nothing that happens in between is lost.
      const bytes = signal.aborted ? undefined : subscribe(client, labels, signal)
      bytes?.catch(() => {})
      return read(client, bytes, signal)
    },
  }
}

function subscribe(client: EngineClient, labels: readonly string[], signal: AbortSignal): Promise<Readable> {
  return client.stream({what: WHAT, path: '/events', query: {filters: labelFilter(labels)}, signal})
}

/** An abort ends the events quietly; an engine that goes away is an error. */
async function* read(
  client: EngineClient,
  subscription: Promise<Readable> | undefined,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  if (subscription === undefined) return
  try {
    for await (const event of jsonLines<RawEvent>(await subscription)) yield eventOf(event)
    if (!signal.aborted) throw new UnreachableError(`cannot ${WHAT}: the Docker Engine at ${client.address} ended them`)
  } catch (error) {
    if (signal.aborted) return
    throw error instanceof EngineError ? error : client.failure({what: WHAT}, error)
  }
}

function eventOf({Type, Action, Actor, time, timeNano}: RawEvent): EngineEvent {
  return {
    type: Type,
    action: Action,
    id: Actor.ID,
    attributes: Actor.Attributes ?? {},
    time: new Date(timeNano ? timeNano / 1e6 : time * 1000),
  }
}
