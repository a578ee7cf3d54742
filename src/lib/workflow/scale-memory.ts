/** Replicas that `stackctl scale` asked for hold until the file says another number than it said then. */
import type {ReleaseRecord, ScaleMemory} from '../release/record.js'
import type {Stack} from '../stack/model.js'
import type {Surroundings} from './facts.js'

import {Ledger} from '../release/ledger.js'
import {resolvedOf, restoreStack} from '../stack/restore.js'

/** The stack with the replicas that were asked for. */
export async function withRememberedScale<T extends Pick<Surroundings, 'engine' | 'stack'>>(
  surroundings: T,
): Promise<T> {
  const {engine, stack} = surroundings
  const valid = validMemory(stack, await new Ledger(engine, stack.project).scale())
  const replicas = Object.fromEntries(Object.entries(valid).map(([name, {replicas: count}]) => [name, count]))
  if (Object.keys(replicas).length === 0) return surroundings
  const scaled = await restoreStack(resolvedOf(stack), replicas)
  return {...surroundings, stack: {...scaled, warnings: stack.warnings ?? []}}
}

/** The entries whose service still is what the file said when it was scaled. `stack`: as the file says. */
export function validMemory(stack: Stack, memory: ScaleMemory): ScaleMemory {
  const isValid = ([name, {fileReplicas}]: [string, ScaleMemory[string]]): boolean =>
    stack.services.some((service) => service.name === name && service.replicas === fileReplicas)
  return Object.fromEntries(Object.entries(memory).filter((entry) => isValid(entry)))
}

/** The same for a release: what was asked for since, where the release has what the file said then. */
export async function rememberedReplicas(
  {engine}: Pick<Surroundings, 'engine'>,
  record: ReleaseRecord,
): Promise<Record<string, number>> {
  const memory = await new Ledger(engine, record.project).scale()
  const valid = Object.entries(memory).filter(([name, {fileReplicas, replicas}]) => {
    const wanted = record.services[name]?.replicas
    return wanted === fileReplicas || wanted === replicas
  })
  return Object.fromEntries(valid.map(([name, {replicas}]) => [name, replicas]))
}

/** Forgets what the file has overruled. */
export async function forgetOverruled({engine, stack}: Pick<Surroundings, 'engine' | 'stack'>): Promise<void> {
  const ledger = new Ledger(engine, stack.project)
  const memory = await ledger.scale()
  const valid = validMemory(stack, memory)
  if (Object.keys(valid).length !== Object.keys(memory).length) await ledger.writeScale(valid)
}
