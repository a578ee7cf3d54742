/** The Docker Engine behind the `Engine` port. Each noun has its own file; this one puts them together. */
import type {EngineClient} from './client.js'
import type {Engine, EngineInfo} from './engine.js'

import {archiveCalls} from './dockerode-archives.js'
import {buildCalls} from './dockerode-build.js'
import {containerCalls} from './dockerode-containers.js'
import {eventCalls} from './dockerode-events.js'
import {execCalls} from './dockerode-exec.js'
import {imageCalls} from './dockerode-images.js'
import {logCalls} from './dockerode-logs.js'
import {networkCalls} from './dockerode-networks.js'
import {volumeCalls} from './dockerode-volumes.js'

/** `version`: what the engine said about itself when the connection was made. */
export function dockerodeEngine(client: EngineClient, version: EngineVersion): Engine {
  return {
    address: client.address,
    info: () => info(client, version),
    diskUsage: () => diskUsage(client),
    ...containerCalls(client),
    ...logCalls(client),
    ...execCalls(client),
    ...archiveCalls(client),
    ...networkCalls(client),
    ...volumeCalls(client),
    ...imageCalls(client),
    ...buildCalls(client),
    ...eventCalls(client),
  }
}

/** The engine's answer to `/version`. */
export interface EngineVersion {
  readonly Version: string
  readonly ApiVersion: string
  readonly Os: string
  readonly Arch: string
  readonly MinAPIVersion?: string
}

interface RawInfo {
  readonly Name: string
  readonly DockerRootDir: string
  readonly Driver: string
  readonly LiveRestoreEnabled?: boolean
  readonly SystemTime: string
}

async function info(client: EngineClient, version: EngineVersion): Promise<EngineInfo> {
  const facts = await client.json<RawInfo>({what: 'ask the engine about itself', path: '/info'})
  return {
    version: version.Version,
    apiVersion: version.ApiVersion,
    os: version.Os,
    architecture: version.Arch,
    name: facts.Name,
    dataRoot: facts.DockerRootDir,
    storageDriver: facts.Driver,
    liveRestore: facts.LiveRestoreEnabled ?? false,
    time: new Date(facts.SystemTime),
  }
}

interface RawUsage {
  readonly LayersSize?: number
  readonly Volumes?: readonly {readonly UsageData?: {readonly Size: number} | null}[] | null
  readonly BuildCache?: readonly {readonly Size: number; readonly Shared?: boolean}[] | null
}

async function diskUsage(client: EngineClient) {
  const {LayersSize, Volumes, BuildCache} = await client.json<RawUsage>({
    what: 'measure disk usage',
    path: '/system/df',
  })
  return {
    imagesBytes: LayersSize ?? 0,
    // The engine says -1 for a volume whose driver cannot tell.
    volumesBytes: sum((Volumes ?? []).map(({UsageData}) => Math.max(0, UsageData?.Size ?? 0))),
    // Shared records are counted with the images that share them.
    buildCacheBytes: sum((BuildCache ?? []).map(({Size, Shared}) => (Shared ? 0 : Size))),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
