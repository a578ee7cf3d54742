/** How long the planner takes, and how that grows with the stack. */
import {reconcile} from '../../src/lib/plan/reconcile.js'
import {median} from '../command.js'
import {factsOf} from './stacks.js'

const SIZES = [5, 10, 25, 50, 100]
const REPLICAS = 10
const ROUNDS = 9

export interface PlanRow {
  readonly services: number
  readonly containers: number
  readonly steps: number
  readonly ms: number
}

export async function benchPlan(): Promise<readonly PlanRow[]> {
  // The first sizes would otherwise be measured before the compiler has seen the code.
  await measure(25)
  const rows: PlanRow[] = []
  for (const size of SIZES) rows.push(await measure(size))
  return rows
}

async function measure(services: number): Promise<PlanRow> {
  const facts = await factsOf(services, REPLICAS)
  const times: number[] = []
  let steps = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now()
    steps = reconcile(facts).steps.length
    times.push(performance.now() - started)
  }

  return {services, containers: facts.observed.containers.length, steps, ms: Math.round(median(times) * 10) / 10}
}
