/** A container's own health check, as the engine has it, turned into something that can be run and timed. Pure. */
import type {ContainerFacts} from '../engine/engine.js'

export interface Healthcheck {
  /** What to run inside the container. */
  readonly argv: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly startPeriodMs: number
  readonly retries: number
}

/** The engine's defaults (docs: Dockerfile reference, HEALTHCHECK). */
const DEFAULT = {intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, retries: 3}

/** The health check of a container, from its compose file or its image; undefined when it has none. */
export function healthcheckOf(facts: ContainerFacts): Healthcheck | undefined {
  const config = (facts.Config as {Healthcheck?: EngineHealthcheck}).Healthcheck
  const argv = commandOf(config?.Test ?? [], shellOf(facts))
  if (config === undefined || argv === undefined) return undefined
  return {
    argv,
    intervalMs: fromNanoseconds(config.Interval, DEFAULT.intervalMs),
    timeoutMs: fromNanoseconds(config.Timeout, DEFAULT.timeoutMs),
    startPeriodMs: fromNanoseconds(config.StartPeriod, DEFAULT.startPeriodMs),
    retries: config.Retries || DEFAULT.retries,
  }
}

/** The longest that the engine itself would take to call the container unhealthy (moby daemon/health.go). */
export function worstCaseMs(check: Healthcheck): number {
  return check.startPeriodMs + check.retries * (check.intervalMs + check.timeoutMs)
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
