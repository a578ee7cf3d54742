/** What the stack should be, with every identity that a decision needs already worked out. Types only. */
import type {RouterSpec} from '../router/spec.js'
import type {Backend} from '../router/table.js'
import type {Service, Stack} from '../stack/model.js'

export interface Desired {
  readonly stack: Stack
  /** Number of the release that would be made. */
  readonly release: number
  readonly services: ReadonlyMap<string, DesiredService>
  readonly router: DesiredRouter | undefined
  /** Services of the files whose profile is not active: nobody asked for them, and nobody removed them from the files. */
  readonly dormant: ReadonlySet<string>
  /** True when the stack has configs or secrets whose content must be put at the engine. */
  readonly hasFiles: boolean
}

export interface DesiredService {
  readonly service: Service
  /** Hash of everything that makes its containers what they are. */
  readonly configHash: string
  /** Digest of the content of each config and secret that it uses. */
  readonly fileDigests: Readonly<Record<string, string>>
  readonly image: DesiredImage
}

/** What an image says about itself. */
export interface ImageTraits {
  readonly os: string
  readonly architecture: string
  readonly hasHealthcheck: boolean
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly stopSignal: string | undefined
}

export interface DesiredImage {
  readonly reference: string
  readonly state: 'present' | 'build' | 'pull'
  readonly because: string
  /** Of the image that has the reference now; undefined when none has. */
  readonly traits?: ImageTraits | undefined
  /** Services whose images must be built first. */
  readonly needs: readonly string[]
}

export interface DesiredRouter {
  readonly spec: RouterSpec
  readonly imagePresent: boolean
  /** Undefined when a network that it needs does not exist yet, so that the address ranges are unknown. */
  readonly backends: readonly Omit<Backend, 'servers'>[] | undefined
}

export interface ReconcileOptions {
  /** Services to bring to what the file says; empty = all. */
  readonly services: readonly string[]
  /** Services whose replicas are replaced although nothing changed. */
  readonly recreate: ReadonlySet<string>
  readonly removeOrphans: boolean
  /** `when-changed`: once per image and command. `only`: run the jobs and touch nothing else. */
  readonly jobs: 'when-changed' | 'only'
}
