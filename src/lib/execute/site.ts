/** Everything that an operation of one run works on: the engine, the stack, and what the run has learned so far. */
import type {EndpointSettings, Engine, EngineInfo} from '../engine/engine.js'
import type {Emit} from '../events.js'
import type {Desired} from '../plan/desired.js'
import type {ServiceContents} from '../release/file-contents.js'
import type {Stack} from '../stack/model.js'

import {ConfigError} from '../errors.js'
import {RouterControl} from '../router/control.js'
import {ErrorWatch} from '../router/error-watch.js'
import {routerName} from '../router/spec.js'
import {configHash} from '../stack/hash.js'

export interface SiteFacts {
  readonly engine: Engine
  readonly info: EngineInfo
  readonly stack: Stack
  readonly desired: Desired
  readonly emit: Emit
  /** Content of configs and secrets, read once for the whole run. */
  readonly contents: ServiceContents
  /** docker compose's own hash of each service, for its label. */
  readonly composeHashes: () => Promise<ReadonlyMap<string, string>>
  /** Makes an image present and answers its id. */
  readonly provideImage: (service: string, options: ImageRequest) => Promise<string>
  /** Runs the stack's hooks of a kind on the host. Throws when one fails. */
  readonly runHooks: (kind: 'pre-migrate', signal: AbortSignal) => Promise<void>
}

/** A container's place on a network. */
export interface Parting {
  readonly network: string
  readonly address: string
  readonly endpoint: EndpointSettings
}

export interface ImageRequest {
  readonly reference: string
  readonly signal: AbortSignal
  readonly progress: (message: string) => void
}

export class Site {
  readonly facts: SiteFacts
  /** One per run: it lines up the changes of the router. */
  readonly router: RouterControl
  /** One per run: it asks the router once for all replicas that are watched. */
  readonly errors: ErrorWatch
  /** Paths on the engine's host of configs and secrets, by digest. */
  filePaths: ReadonlyMap<string, string> = new Map()
  /** Networks that containers were taken off while their host ports moved, by container: how they come back. */
  readonly partings = new Map<string, readonly Parting[]>()
  readonly #imageIds = new Map<string, string>()

  constructor(facts: SiteFacts) {
    this.facts = facts
    this.router = new RouterControl(facts.engine, routerName(facts.stack.project), () => this.#noteRevived())
    this.errors = new ErrorWatch(this.router)
  }

  /** At the end of the run: nothing stays open at the engine. */
  close(): void {
    this.router.close()
  }

  get engine(): Engine {
    return this.facts.engine
  }

  get stack(): Stack {
    return this.facts.stack
  }

  setImage(service: string, id: string): void {
    this.#imageIds.set(service, id)
  }

  /** The id of a service's image as far as this run knows it. */
  knownImageId(service: string): string | undefined {
    return this.#imageIds.get(service) ?? this.desiredOf(service).image.id
  }

  /** The id of a service's image; what its tag means later does not matter. */
  async imageId(service: string): Promise<string> {
    const known = this.#imageIds.get(service)
    if (known !== undefined) return known
    const {id, reference} = this.desiredOf(service).image
    const image = await this.engine.inspectImage(id ?? reference)
    if (image === undefined) throw new ConfigError(`image ${reference} of service ${service} is not at the engine`)
    this.#imageIds.set(service, image.id)
    return image.id
  }

  /** The hash for the label. The identity of a pulled image is known only now that it is there. */
  async configHashOf(service: string): Promise<string> {
    const desired = this.desiredOf(service)
    if (desired.image.state !== 'pull') return desired.configHash
    return configHash(desired.service, {imageIdentity: await this.imageId(service), fileDigests: desired.fileDigests})
  }

  desiredOf(service: string) {
    const desired = this.facts.desired.services.get(service)
    if (desired === undefined) throw new ConfigError(`the stack has no service "${service}"`)
    return desired
  }

  #noteRevived(): void {
    const message = 'the router had ended and was started again: requests of the time in between were lost'
    this.facts.emit({type: 'warning', code: 'W_ROUTER_DOWN', message})
  }
}
