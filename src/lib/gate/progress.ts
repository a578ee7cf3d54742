/**
 * Whether a replica that is not healthy yet is on its way. Pure; the time comes in.
 *
 * The deadline is one of progress: a database that recovers, an application that migrates before it listens may take long,
 * and say so by what their check answers. An answer that was not given before starts the time anew. Answers that differ in
 * nothing but times are the same answer; and however much a check has to say, ten deadlines are the end.
 */
export interface CheckAnswer {
  readonly ok: boolean
  /** What the check said, on one line. */
  readonly text: string
  readonly exitCode?: number | undefined
}

const LAST_DEADLINE = 10
/** A replica that has lost its health more often than this while nothing was asked of it will lose it again. */
const MOST_FALLS = 3

export class GateProgress {
  readonly #deadlineMs: number
  readonly #startedMs: number
  readonly #seen = new Set<string>()
  #progressMs: number
  #falls = 0
  #last: CheckAnswer | undefined

  constructor(deadlineMs: number, nowMs: number) {
    this.#deadlineMs = deadlineMs
    this.#startedMs = nowMs
    this.#progressMs = nowMs
  }

  /** Takes the next answer in; answers why there is nothing to wait for any more, in words that follow the replica's name. */
  note(answer: CheckAnswer, nowMs: number): string | undefined {
    if (this.#last?.ok && !answer.ok) this.#falls += 1
    const key = answer.ok ? 'ok' : `${answer.exitCode ?? ''} ${withoutTimes(answer.text)}`
    // The first answer is where it stands, not how far it has come.
    if (this.#last !== undefined && !this.#seen.has(key)) this.#progressMs = nowMs
    this.#seen.add(key)
    this.#last = answer
    const said = answer.text ? `: ${answer.text}` : ''
    if (this.#falls > MOST_FALLS) return `flaps between healthy and unhealthy (${this.#falls} times)${said}`
    return this.#late(nowMs, said)
  }

  #late(nowMs: number, said: string): string | undefined {
    const waitedMs = nowMs - this.#startedMs
    const limit = seconds(this.#deadlineMs)
    if (waitedMs > LAST_DEADLINE * this.#deadlineMs)
      return `was not healthy after ${seconds(waitedMs)}, ${LAST_DEADLINE} times its deadline${said}`
    if (nowMs - this.#progressMs <= this.#deadlineMs) return undefined
    if (this.#progressMs === this.#startedMs) return `was not healthy after ${limit}${said}`
    return `was not healthy after ${seconds(waitedMs)}, the last ${limit} without progress${said}`
  }
}

/** Durations, times of day and dates: `after 3 ms`, `12:04:07.1`, `2026-03-01`. */
const TIMES = /\d{4}-\d\d-\d\d|\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?|\d+(?:\.\d+)?\s?(?:ns|us|µs|ms|s|sec|seconds?)\b/g

function withoutTimes(text: string): string {
  return text.replaceAll(TIMES, '#')
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
