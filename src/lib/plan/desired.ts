/** What the stack should be, with every identity that a decision needs already worked out. Types only. */
import type {RouterSpec} from '../router/spec.js'
import type {Backend} from '../router/table.js'
import type {Service, Stack} from '../stack/model.js'

export interface Desired {
  readonly stack: Stack
  /** Number of the release that would be made, or that is taken up again. */
  readonly release: number
  /** A release that was cut short: its replicas have to pass the gate and the monitor window again. */
  readonly unsettled?: number | undefined
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
  /** What the config hash was made with: `build:<hash>`, the id of a pulled image, `pull:<reference>` before it is there. */
  readonly identity: string
  /** The very image, whatever its tag means by now; undefined = what the reference means. */
  readonly id?: string | undefined
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
  /** Services that the stack does not have and that go all the same: those of a release that is taken back. */
  readonly discard?: ReadonlySet<string>
  /** `when-changed`: once per image and command. `only`: run the jobs and touch nothing else. `never`: going back runs no job. */
  readonly jobs: 'when-changed' | 'only' | 'never'
}
