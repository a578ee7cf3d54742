/** An image without content, for containers that are never started. It needs no registry and no space. */
import type {Readable} from 'node:stream'

import type {Engine} from '../engine/engine.js'

const REFERENCE = 'stackctl/empty:1'

/** Answers the reference of the image, built if it is missing. */
export async function buildEmptyImage(engine: Engine): Promise<string> {
  if (await engine.inspectImage(REFERENCE)) return REFERENCE
  const {pack} = await import('tar-stream')
  const context = pack()
  context.entry({name: 'Dockerfile'}, 'FROM scratch\nLABEL dev.stackctl.role="empty"\n')
  context.finalize()
  await engine.buildImage({
    context: context as unknown as Readable,
    dockerfile: 'Dockerfile',
    tags: [REFERENCE],
    args: {},
    labels: {},
    onProgress: () => {},
  })
  return REFERENCE
}
