/** Makes and starts the container of a router: configuration first, every network joined before it runs. */
import type {Engine} from '../engine/engine.js'
import type {RouterSpec} from './spec.js'

import {routerContainer} from './container.js'
import {RouterControl} from './control.js'
import {storeConfig} from './stored-config.js'

export interface RouterStart {
  readonly spec: RouterSpec
  readonly project: string
  readonly image: string
  /** Undefined: what is on the volume already. */
  readonly config?: string
  readonly signal?: AbortSignal
}

/** Networks and volume must exist. The container is removed again when it does not come up. */
export async function startRouter(engine: Engine, facts: RouterStart): Promise<void> {
  const id = await createRouterContainer(engine, facts)
  try {
    await engine.startContainer(id)
    await new RouterControl(engine, id).ready(facts.signal)
  } catch (error) {
    await engine.removeContainer(id, {force: true})
    throw error
  }
}

/** Makes the container with everything that it needs, so that only its start is left; answers its id. */
export async function createRouterContainer(engine: Engine, facts: RouterStart): Promise<string> {
  const {config, image, project, spec} = facts
  const id = await engine.createContainer(spec.containerName, routerContainer(spec, {project, imageId: image}))
  try {
    if (config !== undefined) await storeConfig(engine, id, {config})
    for (const network of spec.networks)
      await joinNetwork(engine, {network: network.name, container: id, aliases: network.aliases})
    return id
  } catch (error) {
    await engine.removeContainer(id, {force: true})
    throw error
  }
}

/** Attaches the router to a network under the names that it owns there. */
export async function joinNetwork(
  engine: Engine,
  facts: {network: string; container: string; aliases: readonly string[]},
): Promise<void> {
  await engine.connectNetwork(facts.network, facts.container, {Aliases: [...facts.aliases]})
}
