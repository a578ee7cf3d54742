/** Makes and starts the container of a router: configuration first, every network joined before it runs. */
import type {Engine} from '../engine/engine.js'
import type {RouterSpec} from './spec.js'

import {routerContainer} from './container.js'
import {RouterControl} from './control.js'
import {storeConfig} from './stored-config.js'

/** Networks and volume must exist. The container is removed again when it does not come up. */
export async function startRouter(
  engine: Engine,
  facts: {spec: RouterSpec; project: string; image: string; config: string; signal?: AbortSignal},
): Promise<void> {
  const {spec} = facts
  const id = await engine.createContainer(
    spec.containerName,
    routerContainer(spec, {project: facts.project, imageId: facts.image}),
  )
  try {
    await storeConfig(engine, id, {config: facts.config})
    for (const network of spec.networks)
      await joinNetwork(engine, {network: network.name, container: id, aliases: network.aliases})
    await engine.startContainer(id)
    await new RouterControl(engine, id).ready(facts.signal)
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
