/** Collects the steps of a plan while it is being made, and remembers which of them stand for what. */
import type {FailurePolicy, Operation, Step} from './plan.js'

export interface NewStep {
  readonly id: string
  readonly operation: Operation
  readonly because: string
  readonly needs?: readonly (string | undefined)[]
  readonly undo?: readonly Operation[]
  readonly service?: string
  readonly lane?: string
  readonly guard?: Operation | undefined
  readonly giveUp?: readonly Operation[]
  readonly onlyIf?: readonly string[] | undefined
}

export class PlanBuilder {
  readonly #steps: Step[] = []
  readonly #policies: Record<string, FailurePolicy> = {}
  readonly #ids = new Set<string>()
  readonly #kinds = new Set<Operation['kind']>()
  readonly #undoWhen: 'any-failure' | 'own-failure'
  #finishing = false

  /** `firstDeploy`: there is nothing to go back to, so what is healthy is kept when something else fails. */
  constructor(options: {firstDeploy: boolean}) {
    this.#undoWhen = options.firstDeploy ? 'own-failure' : 'any-failure'
  }

  /** Adds a step and answers its id. */
  add(step: NewStep): string {
    this.#steps.push({
      id: step.id,
      operation: step.operation,
      because: step.because,
      needs: [...new Set((step.needs ?? []).filter((need) => need !== undefined))],
      undo: this.#finishing ? [] : (step.undo ?? []),
      undoWhen: this.#finishing ? 'never' : this.#undoWhen,
      service: step.service,
      ...(step.lane !== undefined && {lane: step.lane}),
      ...(step.guard && {guard: step.guard}),
      ...(step.giveUp && {giveUp: step.giveUp}),
      ...(step.onlyIf && {onlyIf: step.onlyIf}),
    })
    this.#ids.add(step.id)
    this.#kinds.add(step.operation.kind)
    return step.id
  }

  /** What failed replicas of a service mean. */
  setPolicy(service: string, policy: FailurePolicy): void {
    this.#policies[service] = policy
  }

  /** True when there is a step of this id. */
  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** True when some step does this. */
  hasKind(kind: Operation['kind']): boolean {
    return this.#kinds.has(kind)
  }

  /** From here on steps are past the point of no return. Answers what they all must wait for. */
  finish(): readonly string[] {
    this.#finishing = true
    return this.sinks()
  }

  /** Steps that no other step waits for: when they are done, everything so far is. */
  sinks(): readonly string[] {
    const needed = new Set(this.#steps.flatMap((step) => step.needs))
    return this.#steps.filter((step) => !needed.has(step.id)).map((step) => step.id)
  }

  get policies(): Readonly<Record<string, FailurePolicy>> {
    return this.#policies
  }

  get steps(): readonly Step[] {
    return this.#steps
  }
}
