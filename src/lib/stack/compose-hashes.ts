/** docker compose's own hash of each service, so that `docker compose up` on the same files finds nothing to change. */
import type {Stack} from './model.js'

import {runCompose} from './compose-run.js'

/** Hashes by service; empty when docker compose cannot say. They only matter to docker compose. */
export async function composeHashes(
  stack: Stack,
  options: {env: Readonly<Record<string, string | undefined>>; signal: AbortSignal},
): Promise<ReadonlyMap<string, string>> {
  const {exitCode, stdout} = await runCompose([...(stack.composeArgs ?? []), 'config', '--hash', '*'], {
    directory: stack.directory,
    ...options,
  })
  if (exitCode !== 0) return new Map()
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/))
  return new Map(lines.filter((fields) => fields.length === 2).map(([service = '', hash = '']) => [service, hash]))
}
