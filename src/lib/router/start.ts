/** Makes and starts the container of a router: configuration first, every network joined before it runs. */
import type {Engine} from '../engine/engine.js'
import type {RouterSpec} from './spec.js'

import {routerContainer} from './container.js'
import {RouterControl} from './control.js'
import {CONFIG_PATH} from './render.js'

/** uid and gid of the router's image. */
const ROUTER_UID = 10_001

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
    await putConfig(engine, id, facts.config)
    for (const network of spec.networks)
      await joinNetwork(engine, {network: network.name, container: id, aliases: network.aliases})
    await engine.startContainer(id)
    await new RouterControl(engine, id).ready(facts.signal)
  } catch (error) {
    await engine.removeContainer(id, {force: true})
    throw error
  }
}

/** Writes the configuration of a router that does not run. */
export async function putConfig(engine: Engine, container: string, config: string): Promise<void> {
  await engine.putArchive(container, directoryOf(CONFIG_PATH), await configArchive(config))
}

/** Attaches the router to a network under the names that it owns there. */
export async function joinNetwork(
  engine: Engine,
  facts: {network: string; container: string; aliases: readonly string[]},
): Promise<void> {
  await engine.connectNetwork(facts.network, facts.container, {Aliases: [...facts.aliases]})
}

async function configArchive(config: string): Promise<Buffer> {
  const [{pack}, {buffer}] = await Promise.all([import('tar-stream'), import('node:stream/consumers')])
  const archive = pack()
  archive.entry({name: baseOf(CONFIG_PATH), uid: ROUTER_UID, gid: ROUTER_UID, mode: 0o600}, config)
  archive.finalize()
  return buffer(archive)
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
