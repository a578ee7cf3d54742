/** Limits, reservations and devices. `deploy.resources` wins over the older keys, as in docker compose. */
import type {ContainerBody} from '../engine/engine.js'
import type {Bytes, ComposeDeviceRequest, ComposeRate, ComposeService} from './compose-types.js'

import {defined} from './fields.js'
import {parseSizeBytes} from './size.js'

type HostConfig = NonNullable<ContainerBody['HostConfig']>

export function resourceFields(compose: ComposeService): HostConfig {
  const {limits, reservations} = compose.deploy?.resources ?? {}
  return defined({
    CgroupParent: compose.cgroup_parent,
    CpuCount: compose.cpu_count,
    CpuPercent: compose.cpu_percent,
    CpuPeriod: compose.cpu_period,
    CpuQuota: compose.cpu_quota,
    CpuRealtimePeriod: compose.cpu_rt_period,
    CpuRealtimeRuntime: compose.cpu_rt_runtime,
    CpuShares: compose.cpu_shares,
    NanoCpus: nanoCpus(limits?.cpus ?? compose.cpus),
    CpusetCpus: compose.cpuset,
    Memory: bytes(limits?.memory ?? compose.mem_limit),
    MemoryReservation: bytes(reservations?.memory ?? compose.mem_reservation),
    MemorySwap: bytes(compose.memswap_limit),
    MemorySwappiness: bytes(compose.mem_swappiness),
    OomKillDisable: compose.oom_kill_disable,
    PidsLimit: limits?.pids ?? compose.pids_limit,
    ShmSize: bytes(compose.shm_size),
    Ulimits: ulimits(compose.ulimits),
    ...blockIo(compose),
    DeviceCgroupRules: compose.device_cgroup_rules && [...compose.device_cgroup_rules],
    ...devices(compose),
  })
}

function bytes(value: Bytes | undefined): number | undefined {
  return value === undefined ? undefined : parseSizeBytes(value)
}

function nanoCpus(cpus: number | string | undefined): number | undefined {
  return cpus === undefined ? undefined : Math.round(Number(cpus) * 1e9)
}

function ulimits(limits: ComposeService['ulimits']): HostConfig['Ulimits'] {
  if (limits === undefined) return undefined
  return Object.entries(limits).map(([Name, limit]) => {
    if (typeof limit === 'number') return {Name, Soft: limit, Hard: limit}
    const single = limit.single ?? 0
    return {Name, Soft: limit.soft || single, Hard: limit.hard || single}
  })
}

function blockIo({blkio_config: config}: ComposeService): HostConfig {
  if (config === undefined) return {}
  return defined({
    BlkioWeight: config.weight,
    BlkioWeightDevice: config.weight_device?.map(({path, weight}) => ({Path: path, Weight: weight})),
    BlkioDeviceReadBps: rates(config.device_read_bps),
    BlkioDeviceReadIOps: rates(config.device_read_iops),
    BlkioDeviceWriteBps: rates(config.device_write_bps),
    BlkioDeviceWriteIOps: rates(config.device_write_iops),
  })
}

function rates(limits: readonly ComposeRate[] | undefined): {Path: string; Rate: number}[] | undefined {
  return limits?.map(({path, rate}) => ({Path: path, Rate: parseSizeBytes(rate) ?? 0}))
}

interface Device {
  readonly source: string
  readonly target: string
  readonly permissions: string
}

/** Device nodes, and requests to drivers: reservations, `gpus`, and CDI names such as `vendor.com/class=name`. */
function devices(compose: ComposeService): HostConfig {
  const all = (compose.devices ?? []).map(readDevice)
  const cdi = all.filter(isCdi)
  const requests = [
    ...(compose.deploy?.resources?.reservations?.devices ?? []).map((request) => deviceRequest(request, [])),
    ...(cdi.length === 0 ? [] : [{Driver: 'cdi', DeviceIDs: cdi.map(({source}) => source)}]),
    ...(compose.gpus ?? []).map((request) => deviceRequest(request, ['gpu'])),
  ]
  const nodes = all.filter((device) => !isCdi(device))
  return defined({
    Devices:
      nodes.length === 0
        ? undefined
        : nodes.map(({source, target, permissions}) => ({
            PathOnHost: source,
            PathInContainer: target,
            CgroupPermissions: permissions,
          })),
    DeviceRequests: requests.length === 0 ? undefined : requests,
  })
}

function readDevice(device: NonNullable<ComposeService['devices']>[number]): Device {
  const [source = '', target = source, permissions = 'rwm'] =
    typeof device === 'string' ? device.split(':') : [device.source, device.target, device.permissions]
  return {source, target, permissions}
}

function isCdi({source, target}: Device): boolean {
  return source === target && /^[\w.-]+\/[\w.-]+=[\w.:-]+$/.test(source)
}

function deviceRequest(request: ComposeDeviceRequest, extra: readonly string[]): object {
  const {count} = request
  return defined({
    Driver: request.driver,
    Count: count === 'all' ? -1 : count === undefined ? undefined : Number(count),
    DeviceIDs: request.device_ids && [...request.device_ids],
    Capabilities: [[...(request.capabilities ?? []), ...extra]],
    Options: request.options && {...request.options},
  })
}
