/** An image that a build starts from, had before the build, with the user's logins. */
import type {Engine, ImageFacts} from '../engine/engine.js'
import type {BaseImage} from './base-images.js'
import type {BuildStack, BuildTarget} from './build-plan.js'
import type {ImageOptions, PullPolicy} from './pull.js'

import {ImageError} from '../errors.js'
import {missingBase} from './build-failure.js'
import {ensureImage} from './pull.js'

export interface BasePulls {
  readonly engine: Engine
  readonly stack: BuildStack
  /** Under way or done, by reference: most builds start from the same image. */
  readonly pulls: Map<string, Promise<ImageFacts>>
}

/** Throws ImageError that names the service and the line of its Dockerfile when the image cannot be had. */
export async function pullBase(
  {engine, pulls, stack}: BasePulls,
  target: BuildTarget,
  {base, options, policy}: {base: BaseImage; policy: PullPolicy; options: ImageOptions},
): Promise<void> {
  const {reference} = base
  const pull = pulls.get(reference) ?? ensureImage(engine, {reference, policy}, options)
  pulls.set(reference, pull)
  try {
    await pull
  } catch (error) {
    pulls.delete(reference)
    if (!(error instanceof ImageError)) throw error
    throw missingBase(error, {target, directory: stack.directory}, base)
  }
}
