/** Where containers can be reached from the router: what the engine says, beside what HAProxy believes. */
import type {Engine} from '../engine/engine.js'
import type {ServerState} from './server-state.js'

export class RouterAddresses {
  readonly #engine: Engine
  readonly #router: string

  /** `router`: id or name of its container. */
  constructor(engine: Engine, router: string) {
    this.#engine = engine
    this.#router = router
  }

  /** Addresses of a container on the networks that the router is on as well. */
  async shared(container: string): Promise<string[]> {
    const [own, theirs] = await Promise.all([
      this.#engine.inspectContainer(this.#router),
      this.#engine.inspectContainer(container),
    ])
    const shared = Object.keys(own?.NetworkSettings.Networks ?? {})
    const endpoints = Object.entries(theirs?.NetworkSettings.Networks ?? {})
    return endpoints
      .filter(([network, endpoint]) => shared.includes(network) && endpoint.IPAddress)
      .map(([, endpoint]) => endpoint.IPAddress)
  }

  /**
   * Servers that are up, at an address that their containers have. A replica that is down already, or that was taken off
   * its network (where the host routes its address to somebody else, who may answer), must not stand in the way of the
   * deploy that replaces it.
   */
  async reachable(states: readonly ServerState[]): Promise<ServerState[]> {
    const up = states.filter((state) => state.up)
    const containers = [...new Set(up.map(({container}) => container))]
    const addresses = new Map(
      await Promise.all(containers.map(async (name) => [name, await this.shared(name)] as const)),
    )
    return up.filter(({address, container}) => addresses.get(container)?.includes(address))
  }
}
