/**
 * The time of the last line that was shown, by replica and stream. The engine copies stdout and stderr side by side, so within a
 * log only the lines of one stream are in the order of their times.
 */
import type {LogEntry} from './line.js'

type Stream = LogEntry['stream']

export class LastLines {
  readonly #times = new Map<string, Map<Stream, string>>()

  note({replica, stream, time}: LogEntry): void {
    const times = this.#times.get(replica) ?? new Map<Stream, string>()
    this.#times.set(replica, times.set(stream, time))
  }

  /** True for a line that an overlapping read brings again. A stream that said nothing yet goes by the other one. */
  has({replica, stream, time}: LogEntry): boolean {
    const times = this.#times.get(replica)
    return time !== '' && time <= (times?.get(stream) ?? this.earliest(replica) ?? '')
  }

  /** From where on a replica has to be read again so that no stream misses a line; undefined when it said nothing with a time. */
  earliest(replica: string): string | undefined {
    const times = [...(this.#times.get(replica)?.values() ?? [])].filter((time) => time !== '')
    return times.toSorted()[0]
  }
}
