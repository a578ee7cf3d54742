import type {ComposeFileRef} from './compose-types.js'
import type {FileSpec, Service, Stack} from './model.js'

/** Configs and secrets of a service: which file goes where. */
import {ConfigError} from '../errors.js'
import {fileMode} from './fields.js'

export interface FileMount {
  readonly file: FileSpec
  /** Absolute path in the container. */
  readonly target: string
  /** undefined leaves owner and mode as they are on the host. */
  readonly mode: number | undefined
  readonly uid: string | undefined
  readonly gid: string | undefined
}

/** The files that a service is given: secrets below `/run/secrets/`, configs in `/`, unless a target is named. */
export function fileMounts(stack: Stack, service: Service): FileMount[] {
  return [
    ...(service.compose.secrets ?? []).map((ref) => fileMount(find(stack.secrets, ref, service), ref, '/run/secrets/')),
    ...(service.compose.configs ?? []).map((ref) => fileMount(find(stack.configs, ref, service), ref, '/')),
  ]
}

function fileMount(file: FileSpec, ref: ComposeFileRef, folder: string): FileMount {
  const {target = ref.source, mode, uid, gid} = ref
  return {file, target: target.startsWith('/') ? target : folder + target, mode: fileMode(mode), uid, gid}
}

function find(files: readonly FileSpec[], {source}: ComposeFileRef, service: Service): FileSpec {
  const file = files.find((candidate) => candidate.key === source)
  if (file !== undefined) return file
  throw new ConfigError(`service "${service.name}" uses "${source}", which is no config or secret of the stack`, {
    suggestions: [`Define it under configs: or secrets: at the top level.`],
  })
}
