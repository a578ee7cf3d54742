/**
 * The port to a Docker Engine: the few verbs that stackctl needs, in its own words.
 * The one adapter is `dockerode.ts`. Every failure is a StackError; "not found" is a value where it is an answer.
 */
import type {ContainerCreateOptions, ContainerInspectInfo, EndpointSettings, NetworkCreateOptions} from 'dockerode'
import type {Duplex, Readable} from 'node:stream'

export type ContainerBody = Omit<ContainerCreateOptions, 'name'>
export type NetworkBody = Omit<NetworkCreateOptions, 'Name'>
export type ContainerFacts = ContainerInspectInfo

export interface EngineInfo {
  readonly version: string
  readonly apiVersion: string
  readonly os: string
  readonly architecture: string
  readonly name: string
  readonly dataRoot: string
  readonly storageDriver: string
  readonly liveRestore: boolean
  /** The engine's clock when it answered. */
  readonly time: Date
}

export interface ContainerSummary {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly status: string
  readonly image: string
  readonly imageId: string
  readonly labels: Readonly<Record<string, string>>
  readonly createdAt: Date
  /** Host ports that the container publishes right now. */
  readonly ports: readonly {
    readonly hostIp: string
    readonly hostPort: number
    readonly port: number
    readonly protocol: string
  }[]
}

export interface NetworkFacts {
  readonly id: string
  readonly name: string
  readonly driver: string
  readonly internal: boolean
  readonly labels: Readonly<Record<string, string>>
  /** CIDR of each address pool. */
  readonly subnets: readonly string[]
  /** Ids of the containers that are attached now. */
  readonly containers: readonly string[]
}

export interface VolumeFacts {
  readonly name: string
  readonly driver: string
  readonly labels: Readonly<Record<string, string>>
  /** Where the local driver keeps the files, on the engine's host. */
  readonly mountpoint: string
}

export interface ImageFacts {
  readonly id: string
  readonly tags: readonly string[]
  readonly digests: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly sizeBytes: number
  readonly architecture: string
  readonly os: string
  readonly exposedPorts: readonly number[]
  /** Paths that the image declares as volumes. */
  readonly volumes: readonly string[]
  readonly hasHealthcheck: boolean
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  /** Undefined: the engine's own, SIGTERM. */
  readonly stopSignal: string | undefined
  readonly createdAt: Date
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  readonly user?: string
  readonly env?: readonly string[]
  readonly stdin?: string | Buffer
  /** After this the call is abandoned and answers exit code 124. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface LogOptions {
  readonly follow?: boolean
  /** Last lines; undefined = all. */
  readonly tail?: number
  /** Seconds since the epoch, fractions allowed. */
  readonly sinceSeconds?: number
  readonly untilSeconds?: number
  readonly timestamps?: boolean
  readonly signal?: AbortSignal
}

export interface LogLine {
  readonly stream: 'stdout' | 'stderr'
  readonly line: string
}

/** A login at an image registry. */
export interface RegistryAuth {
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
  readonly serveraddress: string
}

export interface BuildRequest {
  /** The context as a tar stream, Dockerfile included. */
  readonly context: Readable
  /** Path of the Dockerfile inside the context. */
  readonly dockerfile: string
  readonly tags: readonly string[]
  readonly args: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly target?: string | undefined
  readonly platform?: string | undefined
  readonly network?: string | undefined
  readonly noCache?: boolean
  readonly pull?: boolean
  readonly cacheFrom?: readonly string[]
  readonly extraHosts?: readonly string[]
  readonly shmSizeBytes?: number | undefined
  readonly onProgress: (line: string) => void
  readonly signal?: AbortSignal
}

export interface PullRequest {
  readonly reference: string
  readonly platform?: string | undefined
  readonly auth?: RegistryAuth | undefined
  readonly onProgress: (line: string) => void
  readonly signal?: AbortSignal
}

export interface EngineEvent {
  readonly type: string
  readonly action: string
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
  readonly time: Date
}

export interface Engine {
  /** Where the engine is, for messages: `unix:///var/run/docker.sock`. */
  readonly address: string

  /** Facts about the engine. Throws UnreachableError when it does not answer or its API is too old. */
  info(): Promise<EngineInfo>

  /** Containers that carry all the labels (`key` or `key=value`), stopped ones included. */
  listContainers(labels: readonly string[]): Promise<ContainerSummary[]>
  inspectContainer(id: string): Promise<ContainerFacts | undefined>
  /** Creates a container and answers its id. A taken name is a ConflictError with the holder's id. */
  createContainer(name: string, body: ContainerBody, platform?: string): Promise<string>
  startContainer(id: string): Promise<void>
  /** Stops with the container's own signal and grace period unless `graceMs` is given. Already stopped is fine. */
  stopContainer(id: string, options?: {graceMs?: number}): Promise<void>
  killContainer(id: string, signal: string): Promise<void>
  restartContainer(id: string, options?: {graceMs?: number}): Promise<void>
  /** Removes the container and its anonymous volumes. Already gone is fine. */
  removeContainer(id: string, options?: {force?: boolean; keepVolumes?: boolean}): Promise<void>
  renameContainer(id: string, name: string): Promise<void>
  setRestartPolicy(id: string, policy: {Name: string; MaximumRetryCount?: number}): Promise<void>
  /** Waits until the container is not running and answers its exit code. */
  waitContainer(id: string, signal?: AbortSignal): Promise<number>
  logs(id: string, options: LogOptions): AsyncIterable<LogLine>
  exec(id: string, argv: readonly string[], options?: ExecOptions): Promise<ExecResult>
  /** A two-way byte stream to a process in the container: stdin and stdout; stderr is dropped. */
  execStream(id: string, argv: readonly string[], options?: {user?: string}): Promise<Duplex>
  /** Unpacks a tar stream into a directory of the container. */
  putArchive(id: string, directory: string, tar: Readable | Buffer): Promise<void>
  /** The same, but an entry may take the place of what is of another type: an empty file that of a whole directory. */
  replaceByArchive(id: string, directory: string, tar: Readable | Buffer): Promise<void>
  /** A path of the container as a tar stream; undefined when there is no such path. */
  getArchive(id: string, path: string): Promise<Readable | undefined>

  listNetworks(labels: readonly string[]): Promise<NetworkFacts[]>
  inspectNetwork(nameOrId: string): Promise<NetworkFacts | undefined>
  createNetwork(name: string, body: NetworkBody): Promise<string>
  removeNetwork(id: string): Promise<void>
  connectNetwork(network: string, container: string, endpoint: EndpointSettings): Promise<void>
  disconnectNetwork(network: string, container: string): Promise<void>

  listVolumes(labels: readonly string[]): Promise<VolumeFacts[]>
  inspectVolume(name: string): Promise<VolumeFacts | undefined>
  createVolume(
    name: string,
    spec: {driver: string; driverOpts: Record<string, string>; labels: Record<string, string>},
  ): Promise<VolumeFacts>
  removeVolume(name: string): Promise<void>

  listImages(labels: readonly string[]): Promise<ImageFacts[]>
  inspectImage(reference: string): Promise<ImageFacts | undefined>
  /** Every tag of a repository at the engine, with the id of its image. */
  listTags(repository: string): Promise<{reference: string; imageId: string}[]>
  pullImage(request: PullRequest): Promise<void>
  /** Builds with BuildKit and answers the image id. A failed build throws ImageError with the step and its last lines. */
  buildImage(request: BuildRequest): Promise<string>
  tagImage(id: string, reference: string): Promise<void>
  /** Removes a name, and the image with its last one. Throws EngineError, status 409, while a container needs it. */
  removeImage(reference: string): Promise<void>
  /** Bytes used by images, containers, volumes and the build cache. */
  diskUsage(): Promise<{imagesBytes: number; volumesBytes: number; buildCacheBytes: number}>

  events(filter: {labels: readonly string[]; signal: AbortSignal}): AsyncIterable<EngineEvent>
}

export {type EndpointSettings} from 'dockerode'
