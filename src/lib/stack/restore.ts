/** A stack from what docker compose once resolved: read again, without the files, and with other numbers of replicas if asked. */
import type {ComposeProject} from './compose-types.js'
import type {Stack} from './model.js'

import {readExtensions} from './extension.js'
import {withReplicas} from './normalise.js'
import {readModel} from './read-model.js'

/** What a stack can be restored from; `resolvedOf` takes it from one that was loaded. */
export interface ResolvedStack {
  readonly compose: ComposeProject
  readonly directory: string
  readonly files: readonly string[]
  readonly environment: string | undefined
  readonly envFile: string | undefined
  readonly composeArgs: readonly string[]
  readonly composeVersion: string | undefined
}

export function resolvedOf(stack: Stack): ResolvedStack {
  const {compose, composeArgs = [], composeVersion, directory, envFile, environment, files} = stack
  return {compose, directory, files, environment, envFile, composeArgs, composeVersion}
}

/** Throws UsageError for replicas of a service that is not there, ConfigError when such a stack cannot be. */
export async function restoreStack(
  resolved: ResolvedStack,
  replicas: Readonly<Record<string, number>> = {},
): Promise<Stack> {
  const project = withReplicas(resolved.compose, replicas)
  const stack = readModel(project, resolved, await readExtensions(project, resolved.files))
  return {...stack, composeArgs: resolved.composeArgs, composeVersion: resolved.composeVersion}
}
