/**
 * Stacks of any size for the planner, as its pure function gets them: a third of the services unchanged, a third of
 * another configuration at the engine, a third not there, chained by `depends_on`, every second one routed.
 */
import type {ObservedContainer, ObservedStack} from '../../src/lib/observe/observed.js'
import type {Desired, DesiredService, ReconcileOptions} from '../../src/lib/plan/desired.js'
import type {ComposeProject} from '../../src/lib/stack/compose-types.js'
import type {Service, Stack} from '../../src/lib/stack/model.js'

import {backendsFor, routerSpec} from '../../src/lib/router/spec.js'
import {EMPTY_TABLE, withBackends, withServer} from '../../src/lib/router/table.js'
import {readExtensions} from '../../src/lib/stack/extension.js'
import {normalise} from '../../src/lib/stack/normalise.js'
import {readModel} from '../../src/lib/stack/read-model.js'

export interface Facts {
  readonly desired: Desired
  readonly observed: ObservedStack
  readonly options: ReconcileOptions
}

const SUBNETS = ['172.20.0.0/16']

/** Facts about a stack of so many services with so many replicas each. */
export async function factsOf(services: number, replicas: number): Promise<Facts> {
  const stack = await stackOf(services, replicas)
  const spec = routerSpec(stack, 'stackctl/router:bench')
  const backends = backendsFor(stack, new Map(stack.networks.map(({name}) => [name, SUBNETS])))
  const desired: Desired = {
    stack,
    release: 2,
    services: new Map(stack.services.map((service) => [service.name, desiredService(service)])),
    router: spec && {spec, imagePresent: true, backends},
    dormant: new Set(),
    hasFiles: false,
  }
  const options: ReconcileOptions = {services: [], recreate: new Set(), removeOrphans: true, jobs: 'when-changed'}
  return {desired, observed: observedOf(desired), options}
}

async function stackOf(services: number, replicas: number): Promise<Stack> {
  const names = Array.from({length: services}, (_, index) => `s${String(index).padStart(4, '0')}`)
  const project = {
    name: 'large',
    networks: {default: {name: 'large_default'}},
    services: Object.fromEntries(
      names.map((name, index) => [name, serviceOf(index, {replicas, before: names[index - 10]})]),
    ),
  } as unknown as ComposeProject
  const normal = normalise(project, {composeVersion: '2.26.1', directory: '/srv/large'})
  return readModel(normal, {directory: '/srv/large', files: []}, await readExtensions(normal, []))
}

/** Chains of services, ten side by side. */
function serviceOf(index: number, facts: {replicas: number; before: string | undefined}): object {
  return {
    image: `image-${index}`,
    networks: {default: null},
    deploy: {replicas: facts.replicas, update_config: {order: index % 2 === 0 ? 'start-first' : 'stop-first'}},
    ...(index % 2 === 0 && {'x-stackctl': {route: {port: 3000}}}),
    ...(facts.before !== undefined && {
      depends_on: {[facts.before]: {condition: 'service_healthy', required: true}},
    }),
  }
}

function desiredService(service: Service): DesiredService {
  const image = {reference: service.image, identity: 'sha256:1', state: 'present' as const, because: '', needs: []}
  return {service, configHash: `hash-${service.name}`, fileDigests: {}, image}
}

function observedOf({router, stack}: Desired): ObservedStack {
  const containers = stack.services.flatMap((service, index) =>
    index % 3 === 2 ? [] : replicasOf(service, index % 3 === 0 ? `hash-${service.name}` : 'another'),
  )
  return {
    project: stack.project,
    containers,
    router: router && {
      id: 'router',
      running: true,
      fingerprint: router.spec.fingerprint,
      networks: new Map(router.spec.networks.map((network) => [network.name, network.aliases])),
      hostPorts: [],
      table: tableOf(router.backends ?? [], containers),
      serving: new Set(containers.filter(({serving}) => serving).map(({name}) => name)),
    },
    networks: new Map(stack.networks.map(({name}) => [name, {id: name, name, labels: {}, subnets: SUBNETS}])),
    volumes: new Map(),
  } as unknown as ObservedStack
}

function tableOf(
  backends: NonNullable<NonNullable<Desired['router']>['backends']>,
  containers: readonly ObservedContainer[],
): NonNullable<ObservedStack['router']>['table'] {
  let table = withBackends(EMPTY_TABLE, backends)
  for (const {name, published, service} of containers) {
    const backend = published ? table.backends.find((candidate) => candidate.service === service) : undefined
    if (backend === undefined) continue
    table = withServer(table, {backend: backend.name, container: name, busy: new Set()})?.table ?? table
  }

  return table
}

function replicasOf(service: Service, configHash: string): ObservedContainer[] {
  const isRouted = service.route !== undefined
  return Array.from({length: service.replicas}, (_, index) => ({
    id: `${service.name}-${index}`,
    name: `large-${service.name}-r1-${index + 1}`,
    service: service.name,
    number: index + 1,
    release: 1,
    configHash,
    imageId: 'sha256:1',
    image: service.image,
    state: 'running',
    health: 'healthy',
    exitCode: 0,
    restartCount: 0,
    startedAt: new Date(0),
    createdAt: new Date(0),
    hostPorts: [],
    published: isRouted,
    serving: isRouted,
  }))
}
