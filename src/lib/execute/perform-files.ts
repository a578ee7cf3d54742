/** Puts the configs and secrets of a release at the engine, and knows where each service finds its own. */
import type {StoredFile} from '../release/file-store.js'
import type {FileMountSource} from '../stack/container-context.js'
import type {FileMount} from '../stack/file-mounts.js'
import type {Service} from '../stack/model.js'
import type {Site} from './site.js'

import {fileKey} from '../release/file-contents.js'
import {storedFileDigest, storedFilePath, storeFiles} from '../release/file-store.js'
import {fileMounts} from '../stack/file-mounts.js'

/** What compose gives files by default: everybody in the container may read them. */
const DEFAULT_MODE = 0o444

export async function putFiles(site: Site): Promise<void> {
  const files = filesOf(site)
  site.filePaths = await storeFiles(site.engine, site.stack.project, [...files.values()])
}

/** Where a service finds its configs and secrets on the engine's host. */
export function fileSource(site: Site): FileMountSource {
  const files = filesOf(site)
  return {
    pathOf(mount: FileMount, service: string): string {
      const stored = files.get(keyOf(service, mount))
      const path = stored && site.filePaths.get(storedFileDigest(stored))
      if (path === undefined) throw new Error(`${mount.file.kind} ${mount.file.key} of ${service} is not stored`)
      return path
    },
  }
}

/** Every file of every service, by service, kind, key and target. Two services that ask for the same get the same file. */
function filesOf(site: Site): Map<string, StoredFile> {
  const {contents, stack} = site.facts
  const files = new Map<string, StoredFile>()
  for (const service of stack.services) {
    for (const mount of fileMounts(stack, service)) {
      const content = contents.get(service.name)?.get(fileKey(mount.file))
      if (content) files.set(keyOf(service.name, mount), storedFile(service, mount, content))
    }
  }

  return files
}

function storedFile(service: Service, mount: FileMount, content: Buffer): StoredFile {
  const [user, group] = (service.compose.user ?? '').split(':')
  return {
    name: mount.file.key,
    content,
    uid: Number(mount.uid ?? numeric(user)),
    gid: Number(mount.gid ?? numeric(group)),
    mode: mount.mode ?? DEFAULT_MODE,
  }
}

function numeric(id: string | undefined): number {
  return id !== undefined && /^\d+$/.test(id) ? Number(id) : 0
}

/** By `config:<key>` or `secret:<key>`: where on the state volume a service's files are kept. */
export function storedPaths(site: Site, service: string): Record<string, string> {
  const {contents, stack} = site.facts
  const model = stack.services.find((candidate) => candidate.name === service)
  if (model === undefined) return {}
  return Object.fromEntries(
    fileMounts(stack, model).flatMap(({file, ...mount}) => {
      const content = contents.get(service)?.get(fileKey(file))
      return content === undefined
        ? []
        : [[fileKey(file), storedFilePath(storedFile(model, {file, ...mount}, content))]]
    }),
  )
}

/** By target: a service may mount one file in two places, with an owner and mode of its own each. */
function keyOf(service: string, {file, target}: FileMount): string {
  return `${service}/${file.kind}:${file.key}:${target}`
}
