/**
 * Which steps are written into the journal in one go. A write takes the engine as long as making a container, and a step
 * waits for its own. What is written early says "may have begun", which is what an entry without an end says in any case.
 */
import type {Operation, Plan, Step} from '../plan/plan.js'

/** How a step is written down. */
export interface Entry {
  /** Steps that are written along with it, itself included. */
  readonly together: readonly string[]
  /** Whether the step waits until it is written. */
  readonly awaited: boolean
}

/**
 * A lane goes from end to end, so its steps are written with its first one; what is past the point of no return is written
 * with the first step that is. A step that changes nothing need not wait: nobody has to know that it may have begun.
 */
export function journalEntries(plan: Plan): (step: string) => Entry {
  const groups = Map.groupBy(plan.steps, groupOf)
  const entries = new Map(
    plan.steps.map((step) => {
      const together = (groups.get(groupOf(step)) ?? [step]).map(({id}) => id)
      return [step.id, {together, awaited: !LOOKS_ONLY.has(step.operation.kind)}]
    }),
  )
  return (step) => entries.get(step) ?? {together: [step], awaited: true}
}

const LOOKS_ONLY: ReadonlySet<Operation['kind']> = new Set(['gate', 'monitor', 'pause'])

function groupOf(step: Step): string {
  if (step.undoWhen === 'never') return 'final'
  return step.lane === undefined ? `step ${step.id}` : `lane ${step.lane}`
}
