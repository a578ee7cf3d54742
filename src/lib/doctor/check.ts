/** One line of the doctor's report. */
export interface Check {
  /** Stable name, for scripts. */
  readonly id: string
  readonly verdict: 'ok' | 'info' | 'warning' | 'problem'
  readonly subject: string
  readonly detail: string
  /** What to do about it. */
  readonly advice?: string
}
