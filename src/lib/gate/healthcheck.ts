/** A container's own health check, as the engine has it, turned into something that can be run and timed. Pure. */
import type {ContainerFacts} from '../engine/engine.js'
import type {CheckTimes} from '../stack/gate-deadline.js'

import {DEFAULT_CHECK} from '../stack/gate-deadline.js'

export interface Healthcheck extends CheckTimes {
  /** What to run inside the container. */
  readonly argv: readonly string[]
}

/** The health check of a container, from its compose file or its image; undefined when it has none. */
export function healthcheckOf(facts: ContainerFacts): Healthcheck | undefined {
  const config = (facts.Config as {Healthcheck?: EngineHealthcheck}).Healthcheck
  const argv = commandOf(config?.Test ?? [], shellOf(facts))
  if (config === undefined || argv === undefined) return undefined
  return {
    argv,
    intervalMs: fromNanoseconds(config.Interval, DEFAULT_CHECK.intervalMs),
    timeoutMs: fromNanoseconds(config.Timeout, DEFAULT_CHECK.timeoutMs),
    startPeriodMs: fromNanoseconds(config.StartPeriod, DEFAULT_CHECK.startPeriodMs),
    retries: config.Retries || DEFAULT_CHECK.retries,
  }
}

interface EngineHealthcheck {
  Test?: string[]
  Interval?: number
  Timeout?: number
  StartPeriod?: number
  Retries?: number
}

function commandOf(test: readonly string[], shell: readonly string[]): string[] | undefined {
  const [kind, ...rest] = test
  if (kind === 'CMD') return rest
  if (kind === 'CMD-SHELL') return [...shell, rest[0] ?? '']
  return undefined
}

function shellOf(facts: ContainerFacts): readonly string[] {
  const shell = (facts.Config as {Shell?: string[] | null}).Shell
  return shell && shell.length > 0 ? shell : ['/bin/sh', '-c']
}

function fromNanoseconds(value: number | undefined, fallbackMs: number): number {
  return value ? value / 1e6 : fallbackMs
}
