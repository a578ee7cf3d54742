/** What runs in the container and under which rights. */
import type {ContainerBody} from '../engine/engine.js'
import type {ComposeHealthcheck, ComposeService} from './compose-types.js'
import type {ContainerContext} from './container-context.js'

import {isOlder} from './compose-run.js'
import {durationNs, parseDurationMs} from './duration.js'
import {defined, serviceReference} from './fields.js'

type HostConfig = NonNullable<ContainerBody['HostConfig']>

/** Fields of the container's own configuration. */
export function processFields(compose: ComposeService, apiVersion: string): ContainerBody {
  const graceMs = compose.stop_grace_period === undefined ? undefined : parseDurationMs(compose.stop_grace_period)
  return defined({
    Hostname: compose.hostname,
    Domainname: compose.domainname,
    User: compose.user,
    AttachStdout: true,
    AttachStderr: true,
    Tty: compose.tty,
    OpenStdin: compose.stdin_open,
    Env: environment(compose.environment),
    // An empty list clears the image's own; null and absent keep it.
    Cmd: copy(compose.command),
    Entrypoint: copy(compose.entrypoint),
    WorkingDir: compose.working_dir,
    StopSignal: compose.stop_signal,
    // Whole seconds is what the engine takes; less than asked for could be no grace at all.
    StopTimeout: graceMs === undefined ? undefined : Math.ceil(graceMs / 1000),
    Healthcheck: compose.healthcheck && healthcheck(compose.healthcheck, apiVersion),
  })
}

/** Fields of the host configuration that are about rights, namespaces and logs. */
export function hostProcessFields(compose: ComposeService, context: ContainerContext): HostConfig {
  const options = compose.security_opt ?? []
  const isUnconfined = options.includes('systempaths=unconfined')
  return defined({
    Annotations: compose.annotations,
    CapAdd: copy(compose.cap_add),
    CapDrop: copy(compose.cap_drop),
    CgroupnsMode: compose.cgroup as 'private' | 'host' | undefined,
    GroupAdd: copy(compose.group_add),
    Init: compose.init,
    IpcMode: serviceReference(compose.ipc, context.containers),
    Isolation: compose.isolation,
    LogConfig: compose.logging && {Type: compose.logging.driver ?? '', Config: {...compose.logging.options}},
    OomScoreAdj: compose.oom_score_adj,
    PidMode: serviceReference(compose.pid, context.containers),
    Privileged: compose.privileged,
    ReadonlyRootfs: compose.read_only,
    Runtime: compose.runtime,
    SecurityOpt: compose.security_opt && options.filter((option) => option !== 'systempaths=unconfined'),
    MaskedPaths: isUnconfined ? [] : undefined,
    ReadonlyPaths: isUnconfined ? [] : undefined,
    StorageOpt: compose.storage_opt && {...compose.storage_opt},
    Sysctls: compose.sysctls && {...compose.sysctls},
    UTSMode: compose.uts,
    UsernsMode: compose.userns_mode,
  })
}

/** `NAME=value`, sorted; a name without a value takes the variable out of what the image sets. */
function environment(variables: ComposeService['environment']): string[] | undefined {
  if (variables === undefined) return undefined
  return Object.entries(variables)
    .map(([name, value]) => (value === null ? name : `${name}=${value}`))
    .toSorted()
}

function healthcheck(check: ComposeHealthcheck, apiVersion: string): NonNullable<ContainerBody['Healthcheck']> {
  return defined({
    Test: check.disable ? ['NONE'] : copy(check.test),
    Interval: durationNs(check.interval),
    Timeout: durationNs(check.timeout),
    StartPeriod: durationNs(check.start_period),
    // Older engines refuse the field; the gate runs the check often enough by itself.
    StartInterval: isOlder(apiVersion, '1.44') ? undefined : durationNs(check.start_interval),
    Retries: check.retries,
  })
}

function copy(list: readonly string[] | null | undefined): string[] | undefined {
  return list === null || list === undefined ? undefined : [...list]
}
