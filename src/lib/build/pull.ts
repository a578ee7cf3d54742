/** Images that are not built: had by the service's pull policy. */
import type {Environment} from '../engine/endpoint.js'
import type {Engine, ImageFacts} from '../engine/engine.js'

import {withDefaultTag} from '../engine/reference.js'
import {ImageError} from '../errors.js'
import {registryAuth} from './registry-auth.js'

export type PullPolicy = 'always' | 'missing' | 'never'

export interface ImageRequest {
  readonly reference: string
  readonly policy: PullPolicy
  readonly platform?: string | undefined
}

export interface ImageOptions {
  readonly env: Environment
  readonly onLine: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

/** Answers the image, pulled if the policy says so. An image that cannot be had is an ImageError. */
export async function ensureImage(engine: Engine, request: ImageRequest, options: ImageOptions): Promise<ImageFacts> {
  const reference = withDefaultTag(request.reference)
  const present = request.policy === 'always' ? undefined : await engine.inspectImage(reference)
  if (present) return present
  if (request.policy === 'never') throw notThere(reference, 'it is not at the engine, and its pull policy is never')
  const {env, onLine, signal} = options
  const auth = await registryAuth(env, reference)
  await engine.pullImage({
    reference,
    onProgress: onLine,
    ...(request.platform && {platform: request.platform}),
    ...(auth && {auth}),
    ...(signal && {signal}),
  })
  const pulled = await engine.inspectImage(reference)
  if (pulled === undefined) throw notThere(reference, 'it was pulled, but the engine does not have it')
  return pulled
}

function notThere(reference: string, reason: string): ImageError {
  return new ImageError(`image ${reference} is missing: ${reason}`, {
    suggestions: [`docker pull ${reference}`, 'Or change pull_policy in the compose file'],
    facts: {reference},
  })
}
