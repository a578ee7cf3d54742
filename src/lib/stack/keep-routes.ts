/**
 * A service that is routed because it has several replicas stays routed when it goes down to one.
 *
 * Taking it out of the router would mean stopping it before the next one starts, on the same host port: scaling down
 * would cost requests. It leaves the router when its file says so (`x-stackctl.route: false`) or has no place in it.
 */
import type {Service, Stack} from './model.js'

import {readRollout} from './read-rollout.js'
import {checkRoutes, readRoute} from './read-route.js'

/** The stack with the routes that `served` services have at the engine and could keep. */
export function keepRoutes(stack: Stack, served: ReadonlySet<string>): Stack {
  const services = stack.services.map((service) => (served.has(service.name) ? kept(service) : service))
  if (services.every((service, index) => service === stack.services[index])) return stack
  checkRoutes(services)
  return {...stack, services}
}

function kept(service: Service): Service {
  if (service.route !== undefined || service.job !== undefined || isRefused(service)) return service
  // As if it still had the replicas that made it routed.
  const facts = {...service, replicas: Math.max(2, service.replicas)}
  const route = readRoute({...facts, compose: withoutHostPorts(service)}, undefined) && readRoute(facts, undefined)
  return route === undefined ? service : {...service, route, rollout: readRollout(service, route, [])}
}

function isRefused({compose}: Service): boolean {
  const extension = compose['x-stackctl'] as {route?: unknown} | undefined
  return extension?.route === false
}

/** A fixed host port and an obstacle to a route make `readRoute` throw; without one it only says no. */
function withoutHostPorts({compose}: Service): Service['compose'] {
  return {...compose, ports: (compose.ports ?? []).map((port) => ({...port, published: ''}))}
}
