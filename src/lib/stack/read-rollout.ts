import type {ComposeUpdateConfig} from './compose-types.js'
import type {RolloutPolicy, Route} from './model.js'

/** `deploy.update_config`, with what is left out filled in. */
import {ConfigError} from '../errors.js'
import {parseDurationMs} from './duration.js'
import {fixedAddress, fixedHostPort, type RouteFacts} from './read-route.js'

const DEFAULT_MONITOR_MS = 5000
const FAILURE_ACTIONS: readonly string[] = ['rollback', 'pause', 'continue']

/** How a service moves to a new release. An order that cannot be had becomes stop-first, with a warning. */
export function readRollout(facts: RouteFacts, route: Route | undefined, warnings: string[]): RolloutPolicy {
  const config = facts.compose.deploy?.update_config ?? {}
  return {
    order: orderOf(facts, route, warnings),
    parallelism: config.parallelism ?? 1,
    delayMs: parseDurationMs(config.delay ?? '0s') ?? 0,
    monitorMs: parseDurationMs(config.monitor ?? '') ?? DEFAULT_MONITOR_MS,
    failureAction: failureActionOf(facts.name, config),
    maxFailureRatio: config.max_failure_ratio ?? 0,
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

function failureActionOf(name: string, {failure_action: action}: ComposeUpdateConfig): RolloutPolicy['failureAction'] {
  if (action === undefined) return 'rollback'
  if (FAILURE_ACTIONS.includes(action)) return action as RolloutPolicy['failureAction']
  throw new ConfigError(`services.${name}.deploy.update_config.failure_action is "${action}"`, {
    suggestions: [`Use one of: ${FAILURE_ACTIONS.join(', ')}.`],
  })
}
