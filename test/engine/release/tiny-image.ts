/** An image of a few bytes, built for the project of a sandbox as docker compose would. */
import type {Readable} from 'node:stream'

import {pack} from 'tar-stream'

import type {Sandbox} from '../../support/sandbox.js'

/** Answers the id; the image is called `<project>-<text>`. */
export async function buildTiny(sandbox: Sandbox, text: string): Promise<string> {
  const context = pack()
  context.entry({name: 'Dockerfile'}, `FROM scratch\nLABEL text="${text}"\n`)
  context.finalize()
  return sandbox.engine.buildImage({
    context: context as unknown as Readable,
    dockerfile: 'Dockerfile',
    tags: [`${sandbox.id}-${text}`],
    args: {},
    labels: {...sandbox.labels, 'com.docker.compose.project': sandbox.id},
    onProgress: () => {},
  })
}
