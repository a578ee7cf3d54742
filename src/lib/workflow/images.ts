/** Makes the images of a run present: built from the files, pulled, or, for an earlier release, still there. */
import type {Builder, BuildFact} from '../build/build.js'
import type {SiteFacts} from '../execute/site.js'
import type {Surroundings} from './facts.js'

import {ensureImage} from '../build/pull.js'

/** For what the files say. */
export function imageProvider(
  {engine, env, stack}: Surroundings,
  {builder, builds}: {builder: Builder; builds: ReadonlyMap<string, BuildFact>},
): SiteFacts['provideImage'] {
  return async (name, {progress, signal}) => {
    const options = {env, onLine: progress, signal}
    if (builds.has(name)) return (await builder.build(name, options)).imageId
    const service = stack.services.find((candidate) => candidate.name === name)
    const policy = service?.pullPolicy === 'never' ? 'never' : 'missing'
    const wanted = {reference: service?.image ?? '', policy, platform: service?.compose.platform} as const
    return (await ensureImage(engine, wanted, options)).id
  }
}

/** `pull_policy: always` means: what the registry has now, before anything is decided. */
export async function refreshImages({emit, engine, env, signal, stack}: Surroundings): Promise<void> {
  const services = stack.services.filter((service) => service.pullPolicy === 'always' && service.build === undefined)
  for (const service of services) {
    const onLine = (line: string): void => emit({type: 'output', source: service.name, line})
    await ensureImage(
      engine,
      {reference: service.image, policy: 'always', platform: service.compose.platform},
      {env, onLine, signal},
    )
  }
}
