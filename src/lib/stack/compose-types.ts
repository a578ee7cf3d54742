/**
 * The parts of `docker compose config` that stackctl reads. Keys it does not list are checked in `honoured.ts`.
 *
 * docker compose has validated the file against its schema before it prints it, so the types here are trusted.
 */

export interface ComposeProject {
  readonly name: string
  readonly services?: Readonly<Record<string, ComposeService>>
  readonly networks?: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>
  readonly volumes?: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>
  readonly configs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly 'x-stackctl'?: unknown
  readonly [key: string]: unknown
}

type Strings = readonly string[]
type Mapping = Readonly<Record<string, string>>

/** docker compose prints sizes as strings of bytes; some versions print numbers. */
export type Bytes = string | number

export interface ComposeService {
  readonly annotations?: Mapping
  readonly blkio_config?: ComposeBlkio
  readonly build?: ComposeBuild
  readonly cap_add?: Strings
  readonly cap_drop?: Strings
  readonly cgroup?: string
  readonly cgroup_parent?: string
  readonly command?: Strings | null
  readonly configs?: readonly ComposeFileRef[]
  readonly container_name?: string
  readonly cpu_count?: number
  readonly cpu_percent?: number
  readonly cpu_period?: number
  readonly cpu_quota?: number
  readonly cpu_rt_period?: number
  readonly cpu_rt_runtime?: number
  readonly cpu_shares?: number
  readonly cpus?: number
  readonly cpuset?: string
  readonly depends_on?: Readonly<Record<string, {condition?: string; restart?: boolean; required?: boolean}>>
  readonly deploy?: ComposeDeploy | null
  readonly device_cgroup_rules?: Strings
  readonly devices?: readonly (string | {source?: string; target?: string; permissions?: string})[]
  readonly dns?: Strings
  readonly dns_opt?: Strings
  readonly dns_search?: Strings
  readonly domainname?: string
  readonly entrypoint?: Strings | null
  readonly environment?: Readonly<Record<string, string | null>>
  readonly expose?: readonly (string | number)[]
  readonly external_links?: Strings
  readonly extra_hosts?: Strings
  readonly gpus?: readonly ComposeDeviceRequest[]
  readonly group_add?: Strings
  readonly healthcheck?: ComposeHealthcheck
  readonly hostname?: string
  readonly image?: string
  readonly init?: boolean
  readonly ipc?: string
  readonly isolation?: string
  readonly labels?: Mapping
  readonly links?: Strings
  readonly logging?: {driver?: string; options?: Mapping}
  readonly mac_address?: string
  readonly mem_limit?: Bytes
  readonly mem_reservation?: Bytes
  readonly mem_swappiness?: Bytes
  readonly memswap_limit?: Bytes
  readonly network_mode?: string
  readonly networks?: Readonly<Record<string, ComposeServiceNetwork | null>>
  readonly oom_kill_disable?: boolean
  readonly oom_score_adj?: number
  readonly pid?: string
  readonly pids_limit?: number
  readonly platform?: string
  readonly ports?: readonly ComposePort[]
  readonly privileged?: boolean
  readonly pull_policy?: string
  readonly read_only?: boolean
  readonly restart?: string
  readonly runtime?: string
  readonly scale?: number
  readonly secrets?: readonly ComposeFileRef[]
  readonly security_opt?: Strings
  readonly shm_size?: Bytes
  readonly stdin_open?: boolean
  readonly stop_grace_period?: string
  readonly stop_signal?: string
  readonly storage_opt?: Mapping
  readonly sysctls?: Mapping
  readonly tmpfs?: Strings
  readonly tty?: boolean
  readonly ulimits?: Readonly<Record<string, number | {single?: number; soft?: number; hard?: number}>>
  readonly user?: string
  readonly userns_mode?: string
  readonly uts?: string
  readonly volumes?: readonly ComposeVolume[]
  readonly volumes_from?: Strings
  readonly working_dir?: string
  readonly [key: string]: unknown
}

export interface ComposeBlkio {
  readonly weight?: number
  readonly weight_device?: readonly {path: string; weight: number}[]
  readonly device_read_bps?: readonly ComposeRate[]
  readonly device_read_iops?: readonly ComposeRate[]
  readonly device_write_bps?: readonly ComposeRate[]
  readonly device_write_iops?: readonly ComposeRate[]
}

export interface ComposeRate {
  readonly path: string
  readonly rate: Bytes
}

export interface ComposeBuild {
  readonly context?: string
  readonly dockerfile?: string
  readonly dockerfile_inline?: string
  readonly args?: Readonly<Record<string, string | null>>
  readonly labels?: Mapping
  readonly tags?: Strings
  readonly target?: string
  readonly network?: string
  readonly platforms?: Strings
  readonly no_cache?: boolean
  readonly pull?: boolean
  readonly cache_from?: Strings
  readonly extra_hosts?: Strings
  readonly shm_size?: Bytes
  readonly [key: string]: unknown
}

/** A config or secret that a service uses. */
export interface ComposeFileRef {
  readonly source: string
  readonly target?: string
  readonly uid?: string
  readonly gid?: string
  /** A number, or octal digits in newer versions. */
  readonly mode?: number | string
}

export interface ComposeUpdateConfig {
  readonly parallelism?: number
  readonly delay?: string
  readonly failure_action?: string
  readonly monitor?: string
  readonly max_failure_ratio?: number
  readonly order?: string
}

export interface ComposeDeploy {
  readonly mode?: string
  readonly replicas?: number
  readonly update_config?: ComposeUpdateConfig
  readonly rollback_config?: ComposeUpdateConfig
  readonly restart_policy?: {condition?: string; max_attempts?: number}
  readonly resources?: {
    readonly limits?: {cpus?: number | string; memory?: Bytes; pids?: number}
    readonly reservations?: {memory?: Bytes; devices?: readonly ComposeDeviceRequest[]}
  }
  readonly [key: string]: unknown
}

export interface ComposeDeviceRequest {
  readonly driver?: string
  readonly count?: number | string
  readonly device_ids?: Strings
  readonly capabilities?: Strings
  readonly options?: Mapping
}

export interface ComposeHealthcheck {
  readonly test?: Strings
  readonly interval?: string
  readonly timeout?: string
  readonly retries?: number
  readonly start_period?: string
  readonly start_interval?: string
  readonly disable?: boolean
}

export interface ComposeServiceNetwork {
  readonly priority?: number
  readonly gw_priority?: number
  readonly aliases?: Strings
  readonly ipv4_address?: string
  readonly ipv6_address?: string
  readonly link_local_ips?: Strings
  readonly mac_address?: string
  readonly driver_opts?: Mapping
  readonly interface_name?: string
}

export interface ComposePort {
  readonly target: number
  /** A port or a range `7100-7110`; absent = any free port. */
  readonly published?: string
  readonly host_ip?: string
  readonly protocol?: string
  readonly mode?: string
}

export interface ComposeVolume {
  readonly type: string
  readonly source?: string
  readonly target: string
  readonly read_only?: boolean
  readonly consistency?: string
  readonly bind?: {propagation?: string; create_host_path?: boolean; selinux?: string; recursive?: string}
  readonly volume?: {nocopy?: boolean; subpath?: string; labels?: Mapping}
  readonly tmpfs?: {size?: Bytes; mode?: number | string}
  readonly image?: {subpath?: string}
}
