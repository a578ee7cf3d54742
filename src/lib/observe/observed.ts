/** What is at the engine, as one snapshot of facts. Types only. */
import type {NetworkFacts, VolumeFacts} from '../engine/engine.js'
import type {RouterTable} from '../router/table.js'

export interface ObservedStack {
  readonly project: string
  /** Containers of services, stopped ones included; `docker compose run` containers are not. */
  readonly containers: readonly ObservedContainer[]
  readonly router: ObservedRouter | undefined
  /**
   * A router that was being replaced when a run ended. `serves-again`: its successor never ran, and `router` is the old one;
   * `obsolete`: its successor has taken over.
   */
  readonly routerLeftover?: 'serves-again' | 'obsolete' | undefined
  /** Networks and volumes of the stack that exist, by their name at the engine. */
  readonly networks: ReadonlyMap<string, NetworkFacts>
  readonly volumes: ReadonlyMap<string, VolumeFacts>
}

export interface ObservedContainer {
  readonly id: string
  readonly name: string
  readonly service: string
  /** Replica number, 1-based. */
  readonly number: number
  /** Release that made it; undefined for one that docker compose made. */
  readonly release: number | undefined
  /** stackctl's hash of what it was made from; undefined for one that docker compose made. */
  readonly configHash: string | undefined
  readonly imageId: string
  /** The image as it was asked for. */
  readonly image: string
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  readonly exitCode: number
  readonly restartCount: number
  readonly startedAt: Date | undefined
  readonly createdAt: Date
  /** Host ports that it publishes by itself. */
  readonly hostPorts: readonly number[]
  /** True when the router knows it as a replica of its service, or still waits for its last requests. */
  readonly published: boolean
  /** Where the router finds it: its own port for each port of its service. Absent when it is not published. */
  readonly targets?: ReadonlyMap<number, number> | undefined
  /** True when the running router sends traffic to it right now. */
  readonly serving: boolean
}

export interface ObservedRouter {
  readonly id: string
  readonly running: boolean
  /** True when it was made and never started: whoever made it was killed in between. */
  readonly neverRan?: boolean
  readonly fingerprint: string
  /** Networks that it is attached to, by engine name, with the names it answers to. */
  readonly networks: ReadonlyMap<string, readonly string[]>
  readonly table: RouterTable
  /** False when the running HAProxy has another structure than the table: whoever wrote it was killed before the reload. */
  readonly upToDate: boolean
  /** Container names that the running HAProxy sends traffic to. */
  readonly serving: ReadonlySet<string>
  /** Containers that were taken out and not waited for to the end: the run that did it was cut short. */
  readonly leaving?: ReadonlySet<string>
  /** Host ports that it publishes while it runs. */
  readonly hostPorts: readonly number[]
}
