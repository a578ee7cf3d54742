/** Stacks made from a few lines, as docker compose would have resolved them. */
import type {ComposeProject, ComposeService} from '../../../src/lib/stack/compose-types.js'
import type {ContainerContext} from '../../../src/lib/stack/container-context.js'
import type {Service, Stack} from '../../../src/lib/stack/model.js'

import {readExtensions} from '../../../src/lib/stack/extension.js'
import {readModel} from '../../../src/lib/stack/read-model.js'

export const SOURCE = {directory: '/srv/shop', files: ['/srv/shop/compose.yaml']}

/** The model of services, with networks, volumes and the like from `rest`. */
export async function stackOf(
  services: Record<string, ComposeService>,
  rest: Partial<ComposeProject> = {},
): Promise<Stack> {
  const withImages = Object.entries(services).map(([name, service]) => [name, {image: `shop/${name}`, ...service}])
  const project = {name: 'shop', services: Object.fromEntries(withImages) as Record<string, ComposeService>, ...rest}
  return readModel(project, SOURCE, await readExtensions(project, []))
}

/** The model of one service, `web`. */
export async function serviceOf(service: ComposeService, rest: Partial<ComposeProject> = {}): Promise<Service> {
  const stack = await stackOf({web: service}, rest)
  return stack.services[0]!
}

export function contextOf(stack: Stack, changes: Partial<ContainerContext> = {}): ContainerContext {
  return {
    stack,
    imageId: 'sha256:1234',
    labels: {},
    name: 'shop-web-r7-1',
    publishPorts: true,
    serviceAlias: true,
    files: {pathOf: ({file: {kind, key}}) => `/host/${kind}s/${key}`},
    containers: (service) => `id-of-${service}`,
    apiVersion: '1.41',
    restartPolicy: 'real',
    ...changes,
  }
}
