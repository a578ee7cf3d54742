/** A router of a test's own, made as a deploy makes it. */
import type {RouterSpec} from '../../../src/lib/router/spec.js'
import type {Backend} from '../../../src/lib/router/table.js'
import type {Sandbox} from '../../support/sandbox.js'

import {provideRouterImage, routerImage} from '../../../src/lib/router/image.js'
import {renderConfig} from '../../../src/lib/router/render.js'
import {startRouter} from '../../../src/lib/router/start.js'
import {EMPTY_TABLE} from '../../../src/lib/router/table.js'

/** Starts a router that answers to `app` on the network, and answers what it was made from. */
export async function makeRouter(sandbox: Sandbox, network: string): Promise<RouterSpec> {
  const reference = await routerImage(undefined)
  await provideRouterImage(sandbox.engine, reference, {onProgress: () => {}})
  const spec: RouterSpec = {
    containerName: `${sandbox.id}-stackctl-router`,
    image: reference,
    homeNetwork: await sandbox.network('home'),
    volume: `${sandbox.id}-stackctl-router`,
    networks: [{key: 'app', name: network, aliases: ['app']}],
    bindings: [],
    fingerprint: 'test',
  }
  await sandbox.engine.createVolume(spec.volume, {driver: 'local', driverOpts: {}, labels: sandbox.labels})
  await startRouter(sandbox.engine, {spec, project: sandbox.id, image: reference, config: renderConfig(EMPTY_TABLE)})
  return spec
}

/** The one backend of service `app` on port 3000. */
export async function appBackend(sandbox: Sandbox, network: string): Promise<Omit<Backend, 'servers'>> {
  const facts = await sandbox.engine.inspectNetwork(network)
  return {
    name: 'app.3000',
    service: 'app',
    port: 3000,
    target: 3000,
    mode: 'http',
    proxyProtocol: false,
    hostnames: ['app'],
    sources: facts?.subnets ?? [],
    listens: [],
    slots: 4,
  }
}
