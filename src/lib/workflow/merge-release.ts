/** What a release consists of when only some services were deployed: those as they are now, the others as they were. Pure. */
import type {ResolvedStack} from '../stack/restore.js'

/** `selected`: services that the deploy looked at. */
export function mergeResolved(
  current: ResolvedStack,
  previous: ResolvedStack | undefined,
  selected: ReadonlySet<string>,
): ResolvedStack {
  if (previous === undefined) return current
  const before = previous.compose
  const services = Object.entries(current.compose.services ?? {}).map(
    ([name, service]) => [name, selected.has(name) ? service : (before.services?.[name] ?? service)] as const,
  )
  if (services.every(([name]) => selected.has(name))) return current
  return {
    ...current,
    compose: {
      ...current.compose,
      services: Object.fromEntries(services),
      networks: {...before.networks, ...current.compose.networks},
      volumes: {...before.volumes, ...current.compose.volumes},
      configs: {...before.configs, ...current.compose.configs},
      secrets: {...before.secrets, ...current.compose.secrets},
    },
  }
}
