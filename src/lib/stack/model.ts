/**
 * The stack as the user wrote it, resolved by docker compose and read into types that the rest of stackctl decides with.
 * Readonly data only: no I/O, no clock. `compose` keeps the service's resolved JSON, which `stack/container.ts` translates.
 */
import type {ComposeProject, ComposeService} from './compose-types.js'
import type {HookKind} from './hook-kinds.js'

export interface Stack {
  /** Compose project name: the prefix of everything at the engine. */
  readonly project: string
  /** The environment that was named (`production`), if any. */
  readonly environment: string | undefined
  /** The project directory: relative paths of the files resolve against it. */
  readonly directory: string
  readonly files: readonly string[]
  /** Services of the active profiles, sorted by name. */
  readonly services: readonly Service[]
  readonly networks: readonly NetworkSpec[]
  readonly volumes: readonly VolumeSpec[]
  /** Configs and secrets, with where their content comes from. */
  readonly configs: readonly FileSpec[]
  readonly secrets: readonly FileSpec[]
  readonly settings: StackSettings
  /** What `docker compose config` printed. */
  readonly compose: ComposeProject
  /** The file of `--env-file`, absolute. */
  readonly envFile?: string | undefined
  /** The arguments of docker compose that name these files, before its subcommand. */
  readonly composeArgs?: readonly string[]
  /** The version of docker compose that resolved the files. */
  readonly composeVersion?: string | undefined
  /** What docker compose warned about; the stack is usable all the same. */
  readonly warnings?: readonly string[]
}

export interface Service {
  readonly name: string
  /** Reference as written, or compose's default `<project>-<service>` for a build without `image:`. */
  readonly image: string
  readonly build: BuildSpec | undefined
  readonly pullPolicy: 'always' | 'missing' | 'never' | 'build'
  readonly replicas: number
  readonly dependsOn: readonly Dependency[]
  /** Set when the router owns the service's name and published ports (DESIGN §5). */
  readonly route: Route | undefined
  /** `pre-deploy`: run to completion, once per image and command, before anything is swapped. */
  readonly job: 'pre-deploy' | undefined
  /** How long a job may run before it is stopped; undefined for a service that is none. */
  readonly jobTimeoutMs?: number | undefined
  readonly rollout: RolloutPolicy
  readonly gate: GatePolicy
  /** Mounts that are written to and survive a container: named volumes and read-write binds. */
  readonly sharesWritableVolume: boolean
  readonly containerName: string | undefined
  /** `stop_grace_period`; undefined leaves it to the image and the engine. */
  readonly stopGraceMs: number | undefined
  /** Names that `links:` of other services give this one; they become aliases on its networks. */
  readonly linkAliases?: readonly string[]
  /** Names at the engine of the networks and volumes that it uses: `network:default` → `shop_default`. */
  readonly resourceNames?: Readonly<Record<string, string>>
  /** `x-stackctl.soak`: how long a gated replica is held back unpublished. */
  readonly soakMs?: number | undefined
  readonly compose: ComposeService
}

export interface BuildSpec {
  /** Absolute path of the context. */
  readonly contextDir: string
  /** Path of the Dockerfile, absolute. */
  readonly dockerfile: string
  readonly dockerfileInline: string | undefined
  readonly args: Readonly<Record<string, string>>
  readonly target: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly tags: readonly string[]
  readonly network: string | undefined
  readonly platforms: readonly string[]
  readonly noCache: boolean
  readonly pull: boolean
  readonly cacheFrom: readonly string[]
  readonly extraHosts: readonly string[]
  readonly shmSizeBytes: number | undefined
  /** Why this build needs `docker buildx bake` (secrets, ssh, additional contexts, several platforms); undefined = the engine's own builder. */
  readonly needsBake: string | undefined
}

export interface Dependency {
  readonly service: string
  readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully'
  /** Restart the dependent when the dependency is recreated. */
  readonly restart: boolean
  /** `required: false`: a failing or absent dependency is a warning. */
  readonly required: boolean
}

/** How the router serves one service. */
export interface Route {
  readonly ports: readonly RoutePort[]
  /** How long requests in flight may take after a replica is unpublished. */
  readonly drainTimeoutMs: number
}

export interface RoutePort {
  /** The port that clients inside the networks use: `<service>:<port>`. */
  readonly port: number
  /** The port of the replica that the router connects to. */
  readonly target: number
  readonly mode: 'http' | 'tcp'
  /** Send the PROXY protocol (v2) to the replica. */
  readonly proxyProtocol: boolean
  /** Host ports that compose publishes for `port`. */
  readonly published: readonly PublishedPort[]
}

export interface PublishedPort {
  readonly hostIp: string
  /** 0 = any free port. */
  readonly hostPort: number
}

/** `deploy.update_config` with its defaults filled in. */
export interface RolloutPolicy {
  readonly order: 'start-first' | 'stop-first'
  /** Replicas replaced at once; 0 = all. */
  readonly parallelism: number
  readonly delayMs: number
  readonly monitorMs: number
  readonly failureAction: 'rollback' | 'pause' | 'continue'
  readonly maxFailureRatio: number
  /** `deploy.rollback_config`; undefined = all of it is taken back at once. */
  readonly rollback?: RollbackPolicy | undefined
}

/** `deploy.rollback_config` with its defaults filled in: how a service goes back when a deploy is taken back. */
export interface RollbackPolicy {
  /** `start-first`: old replicas serve again before new ones are drained. */
  readonly order: 'start-first' | 'stop-first'
  /** Replicas taken back at once; 0 = all. */
  readonly parallelism: number
  readonly delayMs: number
  /** How long restored replicas are watched; 0 = not at all. */
  readonly monitorMs: number
  readonly failureAction: 'pause' | 'continue'
  readonly maxFailureRatio: number
}

export interface GatePolicy {
  /** Time without progress after which a replica is refused; undefined = derived from its health check. */
  readonly timeoutMs: number | undefined
  /** Probes in a row that must succeed. */
  readonly successes: number
}

export interface NetworkSpec {
  /** Key in the compose file. */
  readonly key: string
  /** Name at the engine. */
  readonly name: string
  readonly external: boolean
  readonly driver: string
  readonly driverOpts: Readonly<Record<string, string>>
  readonly internal: boolean
  readonly attachable: boolean
  readonly enableIpv6: boolean
  /** `false` leaves IPv4 out (API 1.48); undefined is the engine's default. */
  readonly enableIpv4?: boolean | undefined
  readonly ipam: Readonly<Record<string, unknown>> | undefined
  readonly labels: Readonly<Record<string, string>>
}

export interface VolumeSpec {
  readonly key: string
  readonly name: string
  readonly external: boolean
  readonly driver: string
  readonly driverOpts: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

/** A compose config or secret. The content is read when it is needed and never kept in the model. */
export interface FileSpec {
  readonly kind: 'config' | 'secret'
  readonly key: string
  readonly source:
    | {readonly from: 'file'; readonly path: string}
    | {readonly from: 'environment'; readonly variable: string}
    | {readonly from: 'inline'; readonly content: string}
}

/** A command that runs on the host, in the project directory. */
export interface HookCommand {
  readonly argv: readonly string[]
  readonly timeoutMs: number
}

/** Top-level `x-stackctl`. */
export interface StackSettings {
  readonly hooks: Readonly<Record<HookKind, readonly HookCommand[]>>
  readonly secrets: {
    /** Refuse to deploy with missing, default or weak secrets. */
    readonly strict: boolean
    /** Secrets that `secrets generate` can make, with their size in random bytes. */
    readonly generate: Readonly<Record<string, {readonly bytes: number}>>
  }
  /** Deploy asks before it changes anything. */
  readonly confirm: boolean
  /** Image of the router; undefined = built from the Dockerfile that stackctl brings along. */
  readonly routerImage: string | undefined
  readonly releases: {
    /** How many releases stay in the ledger. */
    readonly keep: number
  }
}
