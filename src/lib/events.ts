/**
 * What happens while stackctl works, as data. Workflows emit; the renderers in `progress/` and the audit log listen.
 * Nothing here is formatted, and no listener can change what happens.
 */

/** One row of a plan, as a renderer needs it. */
export interface StepSummary {
  readonly id: string
  readonly title: string
  readonly service?: string
}

/** Where in a rollout an event belongs. */
export interface EventScope {
  readonly release?: number
  readonly service?: string
  readonly replica?: string
  readonly phase?: string
  /** Why the plan has the step. */
  readonly cause?: string
}

export type StackEvent =
  | {readonly type: 'run-started'; readonly command: string; readonly project: string}
  | {readonly type: 'plan-ready'; readonly steps: readonly StepSummary[]; readonly release?: number}
  | ({readonly type: 'step-started'; readonly step: StepSummary} & EventScope)
  | ({readonly type: 'step-progress'; readonly step: StepSummary; readonly message: string} & EventScope)
  | ({readonly type: 'step-done'; readonly step: StepSummary; readonly durationMs: number} & EventScope)
  | ({
      readonly type: 'step-failed'
      readonly step: StepSummary
      readonly durationMs: number
      readonly error: {readonly code: string; readonly message: string}
    } & EventScope)
  | ({readonly type: 'step-skipped'; readonly step: StepSummary; readonly reason: string} & EventScope)
  | {readonly type: 'output'; readonly source: string; readonly line: string}
  | {readonly type: 'notice'; readonly message: string}
  | {readonly type: 'warning'; readonly code: string; readonly message: string}
  | {
      readonly type: 'run-finished'
      readonly outcome: 'succeeded' | 'failed' | 'interrupted' | 'nothing-to-do'
      readonly durationMs: number
    }

/** Sends an event to every listener; never throws and never waits. */
export type Emit = (event: StackEvent) => void
