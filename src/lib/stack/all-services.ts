/** Names of all services of the files, those of profiles that are not active included. */
import type {Stack} from './model.js'

import {runCompose} from './compose-run.js'

/** Empty when docker compose cannot say. */
export async function allServices(
  stack: Stack,
  options: {env: Readonly<Record<string, string | undefined>>; signal: AbortSignal},
): Promise<string[]> {
  const args = [...(stack.composeArgs ?? []), '--profile', '*', 'config', '--services']
  const {exitCode, stdout} = await runCompose(args, {directory: stack.directory, ...options})
  return exitCode === 0 ? stdout.split('\n').filter((name) => name !== '') : []
}
