/**
 * What stackctl keeps at the engine for a stack: a volume, read and written through the archive API of a container that
 * is created and never started. Two laptops and a CI job see the same, and nothing has to be installed on the host.
 */
import type {Engine} from '../engine/engine.js'

import {EngineConflictError} from '../errors.js'
import {until} from '../gate/wait.js'
import {OWN_LABELS} from '../labels.js'
import {buildEmptyImage} from './empty-image.js'
import {removeKeepTags} from './keep-tags.js'

/** Where the volume is mounted in the container that is never started. */
export const STATE_DIRECTORY = '/state'

const APPEARS_WITHIN_MS = 5000

/** Name of the volume and of the container. */
export function stateName(project: string): string {
  return `${project}-stackctl-state`
}

/** Makes the volume and its container if they are missing. Answers the container's name and where the volume lives on the host. */
export async function ensureState(
  engine: Engine,
  project: string,
): Promise<{container: string; hostDirectory: string}> {
  const name = stateName(project)
  const labels = {[OWN_LABELS.project]: project, [OWN_LABELS.role]: 'state'}
  const volume =
    (await engine.inspectVolume(name)) ?? (await engine.createVolume(name, {driver: 'local', driverOpts: {}, labels}))
  if ((await engine.inspectContainer(name)) === undefined) await createStateContainer(engine, name, labels)
  return {container: name, hostDirectory: volume.mountpoint}
}

/** Removes the container and, when asked, everything that stackctl kept for the stack: the tags of its images, the volume. */
export async function removeState(engine: Engine, project: string, options: {volume: boolean}): Promise<void> {
  const name = stateName(project)
  await engine.removeContainer(name, {force: true})
  if (!options.volume) return
  // Before the volume: a run that is killed in between leaves tags that the next one finds.
  await removeKeepTags(engine, project)
  await engine.removeVolume(name)
}

async function createStateContainer(engine: Engine, name: string, labels: Record<string, string>): Promise<void> {
  const image = await buildEmptyImage(engine)
  try {
    await engine.createContainer(name, {
      Image: image,
      Cmd: ['never-started'],
      Labels: labels,
      HostConfig: {
        NetworkMode: 'none',
        Mounts: [{Type: 'volume', Source: name, Target: STATE_DIRECTORY}],
      },
    })
  } catch (error) {
    if (!(error instanceof EngineConflictError)) throw error
    // Somebody else makes it: it is the same, once it is there. The name is taken a moment before that.
    const isThere = async (): Promise<boolean> => (await engine.inspectContainer(name)) !== undefined
    await until(isThere, {deadlineMs: APPEARS_WITHIN_MS, pollMs: 20, failure: () => error})
  }
}
