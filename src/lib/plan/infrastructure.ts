/** Steps that a release stands on: images, networks, volumes, files, and the router. Pure. */
import type {ObservedStack} from '../observe/observed.js'
import type {PlanBuilder} from './builder.js'
import type {Desired} from './desired.js'

import {planRouter, planRouterImage} from './router-steps.js'

/** Ids of the steps that a replica of a service has to wait for before it is created. */
export interface Foundations {
  readonly image: ReadonlyMap<string, string>
  /** Networks, volumes and files. */
  readonly common: readonly string[]
  /** The router is up and knows its backends. */
  readonly router: readonly string[]
}

/** Adds the steps. `services` are those that get new containers. */
export function planFoundations(
  builder: PlanBuilder,
  facts: {desired: Desired; observed: ObservedStack; services: readonly string[]},
): Foundations {
  const {desired, observed, services} = facts
  const image = planImages(builder, desired, services)
  // A broken image must not leave a half-made stack behind: nothing else starts before every image is there.
  const images = [...image.values(), ...planRouterImage(builder, facts)]
  const networks = planNetworks(builder, facts, images)
  const volumes = planVolumes(builder, facts, images)
  const files =
    desired.hasFiles && services.length > 0
      ? [
          builder.add({
            id: 'files',
            operation: {kind: 'store-files'},
            because: 'configs and secrets of this release',
            needs: images,
          }),
        ]
      : []
  const router = planRouter(builder, {desired, observed, services, needs: [...images, ...networks]})
  return {image, common: [...images, ...networks, ...volumes, ...files], router}
}

function planImages(builder: PlanBuilder, desired: Desired, services: readonly string[]): Map<string, string> {
  const steps = new Map<string, string>()
  const byReference = new Map<string, string>()
  for (const name of withNeeded(desired, services)) {
    const image = desired.services.get(name)?.image
    if (image === undefined || image.state === 'present') continue
    const id =
      byReference.get(image.reference) ??
      builder.add({
        id: `image/${name}`,
        operation: {
          kind: image.state === 'build' ? 'build-image' : 'pull-image',
          service: name,
          reference: image.reference,
        },
        because: image.because,
        needs: image.needs.map((need) => steps.get(need)),
        service: name,
      })
    byReference.set(image.reference, id)
    steps.set(name, id)
  }

  return steps
}

/** The services whose images are needed, those that others start from first. */
function withNeeded(desired: Desired, services: readonly string[]): Set<string> {
  const ordered = new Set<string>()
  const visit = (name: string): void => {
    for (const need of desired.services.get(name)?.image.needs ?? []) visit(need)
    ordered.add(name)
  }

  for (const name of services) visit(name)
  return ordered
}

function planNetworks(
  builder: PlanBuilder,
  facts: {desired: Desired; observed: ObservedStack},
  needs: readonly string[],
): string[] {
  return facts.desired.stack.networks
    .filter((network) => !network.external && !facts.observed.networks.has(network.name))
    .map((network) =>
      builder.add({
        id: `network/${network.key}`,
        operation: {kind: 'create-network', network: network.name, key: network.key},
        because: 'it does not exist',
        needs,
        undo: [{kind: 'remove-network', network: network.name}],
      }),
    )
}

/** A volume is never removed by an undo: it may hold the first data that somebody wrote. */
function planVolumes(
  builder: PlanBuilder,
  facts: {desired: Desired; observed: ObservedStack},
  needs: readonly string[],
): string[] {
  return facts.desired.stack.volumes
    .filter((volume) => !volume.external && !facts.observed.volumes.has(volume.name))
    .map((volume) =>
      builder.add({
        id: `volume/${volume.key}`,
        operation: {kind: 'create-volume', volume: volume.name, key: volume.key},
        because: 'it does not exist',
        needs,
      }),
    )
}
