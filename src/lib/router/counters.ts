/**
 * What HAProxy has counted for each server, read from `show stat` and `show info` (HAProxy 3.0 management guide, §9.1 and
 * §9.3). Pure. The counters are those of one worker process and one slot: they go on over the replicas that had the slot
 * one after another, and a reload starts them at zero.
 */

export interface ServerCounters {
  readonly backend: string
  readonly slot: number
  /** Sessions now, queued ones included. */
  readonly inFlight: number
  /** Requests (TCP: connections) that were given to the server so far, also those that it did not take. */
  readonly given: number
  /** Answers with a status of 500 or more. */
  readonly status5xx: number
  /** Connections that could not be made, after all retries. */
  readonly connectionErrors: number
  /** Connections that ended before a whole answer. */
  readonly responseErrors: number
  /** Requests that another server was given because this one failed them. */
  readonly redispatched: number
}

/** The counters of one worker. Another worker, other counters. */
export interface Counters {
  /** Process id of the worker inside the router. */
  readonly worker: number
  readonly servers: readonly ServerCounters[]
}

/** Reads the answers to `show info` and `show stat`, in one text. */
export function parseCounters(answer: string): Counters {
  const lines = answer.split('\n')
  const columns =
    lines
      .find((line) => line.startsWith('# pxname,'))
      ?.slice(2)
      .split(',') ?? []
  const indexOf = new Map(columns.map((name, index) => [name, index]))
  const rows = lines.filter((line) => SERVER_ROW.test(line)).map((line) => line.split(','))
  const worker = lines.find((line) => line.startsWith('Pid: '))?.slice('Pid: '.length)
  return {worker: Number(worker ?? 0), servers: rows.map((row) => countersOf(row, indexOf))}
}

const SERVER_ROW = /^[^#,]+,s\d+,/

function countersOf(row: readonly string[], indexOf: ReadonlyMap<string, number>): ServerCounters {
  const text = (column: string): string => row[indexOf.get(column) ?? -1] ?? ''
  const count = (column: string): number => Number(text(column) || 0)
  return {
    backend: text('pxname'),
    slot: Number(text('svname').slice(1)),
    inFlight: count('qcur') + count('scur'),
    given: count('stot'),
    status5xx: count('hrsp_5xx'),
    connectionErrors: count('econ'),
    responseErrors: count('eresp'),
    redispatched: count('wredis'),
  }
}
