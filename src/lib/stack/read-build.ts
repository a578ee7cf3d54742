/** `build:` of a service. */
import path from 'node:path'

import type {ComposeBuild} from './compose-types.js'
import type {BuildSpec} from './model.js'

import {parseSizeBytes} from './size.js'

/** What the engine's own builder cannot do through its API, and why `docker buildx bake` is needed for it. */
const BAKE_KEYS: Readonly<Record<string, string>> = {
  additional_contexts: 'additional contexts',
  cache_to: 'a cache export',
  entitlements: 'entitlements',
  isolation: 'isolation',
  no_cache_filter: 'no_cache_filter',
  privileged: 'privileged steps',
  provenance: 'a provenance attestation',
  sbom: 'an SBOM attestation',
  secrets: 'build secrets',
  ssh: 'ssh',
  ulimits: 'ulimits',
}

export function readBuild(build: ComposeBuild | undefined): BuildSpec | undefined {
  if (build === undefined) return undefined
  const contextDir = build.context ?? '.'
  const args = Object.entries(build.args ?? {}).filter((entry): entry is [string, string] => entry[1] !== null)
  return {
    contextDir,
    dockerfile: isRemote(contextDir)
      ? (build.dockerfile ?? 'Dockerfile')
      : path.resolve(contextDir, build.dockerfile ?? 'Dockerfile'),
    dockerfileInline: build.dockerfile_inline,
    args: Object.fromEntries(args),
    target: build.target,
    labels: build.labels ?? {},
    tags: build.tags ?? [],
    network: build.network,
    platforms: build.platforms ?? [],
    noCache: build.no_cache ?? false,
    pull: build.pull ?? false,
    cacheFrom: build.cache_from ?? [],
    // The Engine API separates name and address by a colon; docker compose prints an equals sign.
    extraHosts: (build.extra_hosts ?? []).map((entry) => entry.replace('=', ':')),
    shmSizeBytes: build.shm_size === undefined ? undefined : parseSizeBytes(build.shm_size),
    needsBake: bakeReason(build),
  }
}

function bakeReason(build: ComposeBuild): string | undefined {
  const reasons = Object.entries(BAKE_KEYS).flatMap(([key, reason]) => (isSet(build[key]) ? [reason] : []))
  if ((build.platforms?.length ?? 0) > 1) reasons.push('several platforms')
  if (isRemote(build.context ?? '')) reasons.push('a remote context')
  return reasons.length === 0 ? undefined : reasons.join(', ')
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function isRemote(context: string): boolean {
  return /^(?:https?|git|ssh):\/\//.test(context) || /^git@[^/]+:/.test(context) || context.startsWith('github.com/')
}
