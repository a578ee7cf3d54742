/** What the doctor knows before it judges. Everything that could not be found out is undefined. */
import type {EngineInfo} from '../engine/engine.js'
import type {SecretFinding} from '../secrets/check.js'

export interface DoctorFacts {
  readonly nodeVersion: string
  readonly engine: EngineFacts
  /** undefined = not installed. */
  readonly composeVersion: string | undefined
  readonly buildxVersion: string | undefined
  readonly capacity: Capacity | undefined
  readonly disk: DiskFacts | undefined
  readonly stack: StackFacts
}

export type EngineFacts =
  | {readonly answers: false; readonly message: string; readonly suggestions: readonly string[]}
  | {readonly answers: true; readonly address: string; readonly info: EngineInfo; readonly clockAheadMs: number}

/** What the engine's host has. */
export interface Capacity {
  readonly cpus: number
  readonly memoryBytes: number
}

export interface DiskFacts {
  /** undefined when the engine is on another host. */
  readonly free: {readonly freeBytes: number; readonly totalBytes: number} | undefined
  readonly usedBytes: {readonly images: number; readonly volumes: number; readonly buildCache: number}
}

export type StackFacts =
  | {readonly isLoaded: false; readonly message: string; readonly suggestions: readonly string[]}
  | {
      readonly isLoaded: true
      readonly project: string
      readonly environment: string | undefined
      readonly ports: readonly PortFacts[]
      readonly images: readonly ImageNeed[]
      /** Services whose build the engine alone cannot do, with the reason. */
      readonly bakes: readonly {readonly service: string; readonly reason: string}[]
      readonly limits: {readonly cpus: number; readonly memoryBytes: number; readonly unlimited: readonly string[]}
      readonly secrets: readonly SecretFinding[]
      readonly areSecretsStrict: boolean
    }

/** A host port that the stack publishes, and who has it now. */
export interface PortFacts {
  readonly service: string
  readonly hostIp: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly holder:
    | {readonly kind: 'free'}
    | {readonly kind: 'own'; readonly container: string}
    | {readonly kind: 'container'; readonly container: string; readonly project: string | undefined}
    | {readonly kind: 'process'}
    | {readonly kind: 'unknown'}
}

/** An image that is needed and not made by the stack itself. */
export interface ImageNeed {
  readonly reference: string
  readonly services: readonly string[]
  /** `base`: a FROM of a Dockerfile. `image`: run as it is. */
  readonly use: 'base' | 'image'
  readonly isPresent: boolean
}
