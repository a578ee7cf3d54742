import type {Readable} from 'node:stream'

/** The router's image: built once from the Dockerfile that stackctl brings along, and named after its content. */
import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'

import type {Engine} from '../engine/engine.js'

import {ImageError} from '../errors.js'

const DOCKERFILE = new URL('../../../stack/images/router/Dockerfile', import.meta.url)
const BASE = 'debian:trixie-slim'

/** Reference of the image: the one that the stack's settings name, else our own, by the hash of its Dockerfile. */
export async function routerImage(configured: string | undefined): Promise<string> {
  if (configured !== undefined) return configured
  const dockerfile = await readFile(DOCKERFILE)
  return `stackctl/router:${createHash('sha256').update(dockerfile).digest('hex').slice(0, 12)}`
}

/** Makes the image present at the engine: pulls a configured one, builds ours. */
export async function provideRouterImage(
  engine: Engine,
  reference: string,
  options: {onProgress: (line: string) => void; signal?: AbortSignal},
): Promise<void> {
  if (await engine.inspectImage(reference)) return
  if (!reference.startsWith('stackctl/router:')) return engine.pullImage({reference, ...options})
  await provideBase(engine, options)
  const [{pack}, dockerfile] = await Promise.all([import('tar-stream'), readFile(DOCKERFILE)])
  const context = pack()
  context.entry({name: 'Dockerfile'}, dockerfile)
  context.finalize()
  await engine.buildImage({
    context: context as unknown as Readable,
    dockerfile: 'Dockerfile',
    tags: [reference],
    args: {},
    labels: {},
    ...options,
  })
}

async function provideBase(
  engine: Engine,
  options: {onProgress: (line: string) => void; signal?: AbortSignal},
): Promise<void> {
  if (await engine.inspectImage(BASE)) return
  try {
    await engine.pullImage({reference: BASE, ...options})
  } catch (error) {
    throw new ImageError(`base image ${BASE} is missing and cannot be pulled`, {
      cause: error,
      suggestions: [
        'run scripts/setup, which can make it without a registry',
        'or name a router image in x-stackctl.router.image',
      ],
    })
  }
}
