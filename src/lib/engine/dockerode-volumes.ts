import type {VolumeInspectInfo} from 'dockerode'

/** Volumes. */
import type {EngineClient} from './client.js'
import type {Engine, VolumeFacts} from './engine.js'

import {labelFilter} from './client.js'

export type VolumeCalls = Pick<Engine, 'createVolume' | 'inspectVolume' | 'listVolumes' | 'removeVolume'>

export function volumeCalls(client: EngineClient): VolumeCalls {
  return {
    async listVolumes(labels) {
      const query = {filters: labelFilter(labels)}
      const {Volumes} = await client.json<{Volumes: VolumeInspectInfo[] | null}>({
        what: 'list volumes',
        path: '/volumes',
        query,
      })
      return (Volumes ?? []).map(factsOf)
    },
    async inspectVolume(name) {
      const info = await client.find<VolumeInspectInfo>({
        what: `inspect volume ${name}`,
        path: `/volumes/${encodeURIComponent(name)}`,
      })
      return info && factsOf(info)
    },
    async createVolume(name, {driver, driverOpts, labels}) {
      const body = {Name: name, Driver: driver, DriverOpts: driverOpts, Labels: labels}
      return factsOf(await client.json({what: `create volume ${name}`, method: 'POST', path: '/volumes/create', body}))
    },
    removeVolume: (name) =>
      client.removeIfThere({what: `remove volume ${name}`, path: `/volumes/${encodeURIComponent(name)}`}),
  }
}

function factsOf({Name, Driver, Labels, Mountpoint}: VolumeInspectInfo): VolumeFacts {
  return {name: Name, driver: Driver, labels: Labels ?? {}, mountpoint: Mountpoint}
}
