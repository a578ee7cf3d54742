/** Volumes, binds, tmpfs, configs and secrets. */
import path from 'node:path'

import type {ContainerBody} from '../engine/engine.js'
import type {ComposeVolume} from './compose-types.js'
import type {ContainerContext} from './container-context.js'
import type {Service} from './model.js'

import {defined, fileMode} from './fields.js'
import {fileMounts} from './file-mounts.js'
import {parseSizeBytes} from './size.js'

type HostConfig = NonNullable<ContainerBody['HostConfig']>
type Mount = NonNullable<HostConfig['Mounts']>[number]

export function mountFields(service: Service, context: ContainerContext): HostConfig {
  const {volumes = [], tmpfs, volumes_from: volumesFrom} = service.compose
  // Only a bind string makes the engine create a missing host path, and only it knows the SELinux options.
  const binds = volumes.filter(needsBindString).map(bindString)
  const mounts = [
    ...volumes.filter((volume) => !needsBindString(volume)).map((volume) => mount(volume, context)),
    ...files(service, context),
  ]
  return defined({
    Binds: binds.length === 0 ? undefined : binds,
    Mounts: mounts.length === 0 ? undefined : mounts,
    Tmpfs: tmpfs && Object.fromEntries(tmpfs.map(tmpfsEntry)),
    VolumesFrom: volumesFrom?.map((from) => volumeDonor(from, context)),
  })
}

function needsBindString({type, source = '', bind}: ComposeVolume): boolean {
  // A colon in the path would be read as the end of it.
  return type === 'bind' && !source.includes(':') && (bind?.create_host_path === true || bind?.selinux !== undefined)
}

function bindString({source = '', target, read_only: readOnly, bind}: ComposeVolume): string {
  const options = [readOnly ? 'ro' : 'rw', bind?.selinux, bind?.propagation].filter(Boolean)
  return `${source}:${cleanPath(target)}:${options.join(',')}`
}

function mount(volume: ComposeVolume, context: ContainerContext): Mount {
  return defined({
    Type: volume.type,
    Source: volume.type === 'volume' && volume.source ? volumeName(volume.source, context) : volume.source,
    Target: cleanPath(volume.target),
    ReadOnly: volume.read_only,
    Consistency: volume.consistency,
    ...mountOptions(volume),
  }) as Mount
}

function mountOptions({type, bind, volume, tmpfs, image}: ComposeVolume): object {
  if (type === 'bind' && bind) return {BindOptions: {...bindOptions(bind)}}
  if (type === 'volume' && volume)
    return {VolumeOptions: defined({NoCopy: volume.nocopy, Subpath: volume.subpath, Labels: volume.labels})}
  if (type === 'image' && image) return {ImageOptions: defined({Subpath: image.subpath})}
  if (type !== 'tmpfs' || !tmpfs) return {}
  return {
    TmpfsOptions: defined({
      SizeBytes: tmpfs.size === undefined ? undefined : parseSizeBytes(tmpfs.size),
      Mode: fileMode(tmpfs.mode),
    }),
  }
}

function bindOptions({propagation, recursive}: NonNullable<ComposeVolume['bind']>): object {
  return defined({
    Propagation: propagation,
    NonRecursive: recursive === 'disabled' ? true : undefined,
    ReadOnlyNonRecursive: recursive === 'writable' ? true : undefined,
    ReadOnlyForceRecursive: recursive === 'readonly' ? true : undefined,
  })
}

/** The name at the engine of a volume of the stack; an unknown one is taken as it is, as docker compose does. */
function volumeName(key: string, {stack}: ContainerContext): string {
  return stack.volumes.find((volume) => volume.key === key)?.name ?? key
}

/** Configs and secrets are files on the host, bound read-only; a volume on the same path wins. */
function files(service: Service, context: ContainerContext): Mount[] {
  const taken = new Set((service.compose.volumes ?? []).map((volume) => cleanPath(volume.target)))
  return fileMounts(context.stack, service)
    .filter(({target}) => !taken.has(target))
    .map((file) => ({
      Type: 'bind',
      Source: context.files.pathOf(file, service.name),
      Target: file.target,
      ReadOnly: true,
    }))
}

/** `/data/` and `/data` are one place. */
function cleanPath(target: string): string {
  const normal = path.posix.normalize(target)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}

function tmpfsEntry(entry: string): [string, string] {
  const colon = entry.indexOf(':')
  return colon === -1 ? [entry, ''] : [entry.slice(0, colon), entry.slice(colon + 1)]
}

/** `web`, `web:ro` or `container:name:ro`, with the id of the service's container. */
function volumeDonor(from: string, {containers}: ContainerContext): string {
  if (from.startsWith('container:')) return from.slice('container:'.length)
  const [service = '', ...mode] = from.split(':')
  return [containers(service), ...mode].join(':')
}
