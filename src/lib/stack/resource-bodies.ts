/** Networks and volumes of the stack, as the Engine API takes them. */
import type {NetworkBody} from '../engine/engine.js'
import type {NetworkSpec, Stack, VolumeSpec} from './model.js'

import {defined} from './fields.js'
import {networkLabels, volumeLabels} from './labels.js'

interface ComposeIpam {
  readonly driver?: string
  readonly options?: Readonly<Record<string, string>>
  readonly config?: readonly {
    subnet?: string
    ip_range?: string
    gateway?: string
    aux_addresses?: Record<string, string>
  }[]
}

/** The body that creates a network, labelled as docker compose labels it. */
export function networkBody(stack: Stack, spec: NetworkSpec): NetworkBody {
  return defined({
    CheckDuplicate: true,
    Driver: spec.driver === '' ? undefined : spec.driver,
    Options: {...spec.driverOpts},
    Internal: spec.internal,
    Attachable: spec.attachable,
    EnableIPv6: spec.enableIpv6,
    EnableIPv4: spec.enableIpv4,
    IPAM: spec.ipam && ipam(spec.ipam),
    Labels: {...spec.labels, ...networkLabels(stack, spec)},
  })
}

/** What creates a volume, labelled as docker compose labels it. */
export function volumeBody(
  stack: Stack,
  spec: VolumeSpec,
): {driver: string; driverOpts: Record<string, string>; labels: Record<string, string>} {
  return {
    driver: spec.driver === '' ? 'local' : spec.driver,
    driverOpts: {...spec.driverOpts},
    labels: {...spec.labels, ...volumeLabels(stack, spec)},
  }
}

function ipam({driver, options, config}: ComposeIpam): object {
  const pools = config?.map((pool) =>
    defined({
      Subnet: pool.subnet,
      IPRange: pool.ip_range,
      Gateway: pool.gateway,
      AuxiliaryAddresses: pool.aux_addresses,
    }),
  )
  return defined({Driver: driver, Options: options, Config: pools})
}
