import type {ComposeUpdateConfig} from './compose-types.js'
import type {RollbackPolicy, RolloutPolicy, Route} from './model.js'

/** `deploy.update_config` and `deploy.rollback_config`, with what is left out filled in. */
import {ConfigError} from '../errors.js'
import {parseDurationMs} from './duration.js'
import {fixedAddress, fixedHostPort, type RouteFacts} from './read-route.js'

const DEFAULT_MONITOR_MS = 5000
const UPDATE_ACTIONS = ['rollback', 'pause', 'continue'] as const
/** A rollback is not rolled back. */
const ROLLBACK_ACTIONS = ['continue', 'pause'] as const

/** How a service moves to a new release. An order that cannot be had becomes stop-first, with a warning. */
export function readRollout(facts: RouteFacts, route: Route | undefined, warnings: string[]): RolloutPolicy {
  const config = facts.compose.deploy?.update_config ?? {}
  const key = `services.${facts.name}.deploy.update_config`
  const rollback = readRollback(facts)
  return {
    order: orderOf(facts, route, warnings),
    parallelism: config.parallelism ?? 1,
    delayMs: parseDurationMs(config.delay ?? '0s') ?? 0,
    monitorMs: parseDurationMs(config.monitor ?? '') ?? DEFAULT_MONITOR_MS,
    failureAction: oneOf(UPDATE_ACTIONS, config.failure_action, `${key}.failure_action`) ?? 'rollback',
    maxFailureRatio: ratioOf(config, key),
    ...(rollback && {rollback}),
  }
}

/** Undefined when the file says nothing about it. The specification's defaults are slower and cost capacity; ours are not. */
function readRollback({compose, name}: RouteFacts): RollbackPolicy | undefined {
  const config = compose.deploy?.rollback_config
  if (!config) return undefined
  const key = `services.${name}.deploy.rollback_config`
  return {
    order: config.order === 'stop-first' ? 'stop-first' : 'start-first',
    parallelism: config.parallelism ?? 0,
    delayMs: parseDurationMs(config.delay ?? '0s') ?? 0,
    monitorMs: parseDurationMs(config.monitor ?? '0s') ?? 0,
    failureAction: oneOf(ROLLBACK_ACTIONS, config.failure_action, `${key}.failure_action`) ?? 'continue',
    maxFailureRatio: ratioOf(config, key),
  }
}

function orderOf(facts: RouteFacts, route: Route | undefined, warnings: string[]): RolloutPolicy['order'] {
  const asked = facts.compose.deploy?.update_config?.order
  if (asked === 'stop-first') return asked
  // Two writers on one volume: only where the file says so in so many words, which a route alone does not.
  if (asked === undefined) return route !== undefined && !facts.sharesWritableVolume ? 'start-first' : 'stop-first'
  const obstacle = startFirstObstacle(facts, route)
  if (obstacle === undefined) return 'start-first'
  warnings.push(`service "${facts.name}" asks for start-first but ${obstacle}: it is updated stop-first`)
  return 'stop-first'
}

/** Why old and new cannot run at the same time. */
function startFirstObstacle(facts: RouteFacts, route: Route | undefined): string | undefined {
  if (facts.compose.network_mode === 'host') return 'it uses the network of the host'
  if (route !== undefined) return undefined
  const port = fixedHostPort(facts.compose, facts.replicas)
  if (port !== undefined) return `it publishes host port ${port} itself`
  if (facts.sharesWritableVolume) return 'old and new would write to one volume'
  return fixedAddress(facts.compose)
}

/** Undefined when nothing was asked for; ConfigError when it is none of these. */
function oneOf<T extends string>(known: readonly T[], asked: string | undefined, key: string): T | undefined {
  const found = known.find((value) => value === asked)
  if (found !== undefined || asked === undefined) return found
  throw new ConfigError(`${key} is "${asked}"`, {suggestions: [`Use one of: ${known.join(', ')}.`]})
}

function ratioOf({max_failure_ratio: ratio = 0}: ComposeUpdateConfig, key: string): number {
  if (ratio >= 0 && ratio <= 1) return ratio
  throw new ConfigError(`${key}.max_failure_ratio is ${ratio}`, {
    suggestions: ['Use a share of the replicas from 0 to 1: 0.25 is one of four.'],
  })
}
