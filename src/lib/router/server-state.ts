/** What the running HAProxy makes of its servers, read from `show servers state`. Pure. */
import type {PlacedServer} from './table.js'

export interface ServerState {
  readonly backend: string
  readonly slot: number
  readonly container: string
  /** The address that it is sent to now; `-` when the name has not been resolved. */
  readonly address: string
  readonly port: number
  readonly up: boolean
  readonly draining: boolean
}

/** The running HAProxy sends traffic to exactly this port of this container in exactly this slot. */
export function isUp(state: ServerState, want: PlacedServer): boolean {
  return (
    state.up &&
    state.backend === want.backend &&
    state.slot === want.slot &&
    state.container === want.container &&
    state.port === want.port
  )
}

/** `srv_op_state` 2 = running; admin state bit 8 = forced drain (HAProxy's `server-state` file format, version 1). */
export function parseServerStates(answer: string): ServerState[] {
  return answer
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && line.includes(' '))
    .map((line) => line.split(' '))
    .filter((fields) => fields.length > 18)
    .map((fields) => ({
      backend: fields[1] ?? '',
      slot: Number((fields[3] ?? 's0').slice(1)),
      container: fields[17] ?? '-',
      address: fields[4] ?? '-',
      port: Number(fields[18] ?? 0),
      up: fields[5] === '2',
      draining: (Number(fields[6]) & DRAIN_BITS) !== 0,
    }))
}

const DRAIN_BITS = 0x08 | 0x10
