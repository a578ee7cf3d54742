/** A stack from YAML and what is at the engine, in the words of the planner's tests. */
import {parse} from 'yaml'

import type {ObservedContainer, ObservedStack} from '../../../src/lib/observe/observed.js'
import type {Desired, ReconcileOptions} from '../../../src/lib/plan/desired.js'
import type {Plan} from '../../../src/lib/plan/plan.js'
import type {ComposeProject} from '../../../src/lib/stack/compose-types.js'
import type {Service, Stack} from '../../../src/lib/stack/model.js'

import {formatSteps} from '../../../src/lib/plan/format.js'
import {reconcile} from '../../../src/lib/plan/reconcile.js'
import {backendsFor, routerSpec} from '../../../src/lib/router/spec.js'
import {EMPTY_TABLE, type RouterTable, withBackends} from '../../../src/lib/router/table.js'
import {readExtensions} from '../../../src/lib/stack/extension.js'
import {normalise} from '../../../src/lib/stack/normalise.js'
import {readModel} from '../../../src/lib/stack/read-model.js'

/** `docker compose config` of the text is assumed to be the text. */
export async function stackOf(yaml: string): Promise<Stack> {
  const parsed = {
    name: 'shop',
    networks: {default: {name: 'shop_default'}},
    ...(parse(yaml) as object),
  } as ComposeProject
  const project = normalise(parsed, {composeVersion: '2.26.1', directory: '/srv/shop'})
  return readModel(
    project,
    {directory: '/srv/shop', files: ['/srv/shop/compose.yaml']},
    await readExtensions(project, []),
  )
}

export interface Situation {
  readonly stack: Stack
  /** Containers that are there; `current` ones have the hash that is wanted. */
  readonly containers?: readonly Partial<ObservedContainer>[]
  readonly router?: 'running' | 'stopped' | 'none'
  /** False: the running router has not taken over its file. */
  readonly routerUpToDate?: boolean
  readonly routerLeftover?: ObservedStack['routerLeftover']
  /** The stack that the router was configured for, if it is another one. */
  readonly routedBy?: Stack
  readonly options?: Partial<ReconcileOptions>
  /** Release that was cut short. */
  readonly unsettled?: number
  /** Services whose image has to be built. */
  readonly builds?: readonly string[]
  /** The router's image has to be built. */
  readonly routerImage?: 'missing'
}

const SUBNETS = ['172.20.0.0/16']

export function planFor(situation: Situation): Plan {
  const desired = {...desiredOf(situation), unsettled: situation.unsettled}
  const options = {
    services: [],
    recreate: new Set<string>(),
    removeOrphans: false,
    jobs: 'when-changed' as const,
    ...situation.options,
  }
  return reconcile({desired, observed: observedOf(situation, desired), options})
}

/** The steps of a plan without their reasons: `[needs] -> id`, one per line. */
export function stepsOf(plan: Plan): string {
  return formatSteps(plan)
    .split('\n')
    .map((line) => line.replace(/: .*$/, ''))
    .join('\n')
}

export function container(service: string, facts: Partial<ObservedContainer> = {}): Partial<ObservedContainer> {
  return {service, configHash: `hash-${service}`, ...facts}
}

function desiredOf({builds = [], routerImage, stack}: Situation): Desired {
  const spec = routerSpec(stack, 'stackctl/router:test')
  const subnets = new Map(stack.networks.map((network) => [network.name, SUBNETS]))
  return {
    stack,
    release: 2,
    services: new Map(stack.services.map((service) => [service.name, desiredService(service, builds)])),
    router: spec && {spec, imagePresent: routerImage !== 'missing', backends: backendsFor(stack, subnets)},
    dormant: new Set(),
    hasFiles: false,
  }
}

function desiredService(service: Service, builds: readonly string[]) {
  const image = builds.includes(service.name)
    ? {
        reference: service.image,
        identity: 'build:1',
        state: 'build' as const,
        because: 'its build context changed',
        needs: [],
      }
    : {reference: service.image, identity: 'sha256:1', state: 'present' as const, because: '', needs: []}
  return {service, configHash: `hash-${service.name}`, fileDigests: {}, image}
}

function observedOf(situation: Situation, desired: Desired): ObservedStack {
  const {stack} = situation
  const containers = (situation.containers ?? []).map((facts, index) => observedContainer(facts, index))
  return {
    project: stack.project,
    containers,
    router: observedRouter(situation, desired, containers),
    routerLeftover: situation.routerLeftover,
    networks:
      containers.length === 0
        ? new Map()
        : new Map(stack.networks.map((network) => [network.name, networkFacts(network.name)])),
    volumes:
      containers.length === 0
        ? new Map()
        : new Map(stack.volumes.map(({name}) => [name, {name, driver: 'local', labels: {}, mountpoint: ''}])),
  }
}

function observedContainer(facts: Partial<ObservedContainer>, index: number): ObservedContainer {
  const number = facts.number ?? 1
  const release = 'release' in facts ? facts.release : 1
  return {
    id: `id${index}`,
    name: `shop-${facts.service}-r${release ?? 0}-${number}`,
    service: '',
    configHash: undefined,
    imageId: 'sha256:1',
    image: 'image',
    state: 'running',
    health: 'healthy',
    exitCode: 0,
    restartCount: 0,
    startedAt: new Date(0),
    createdAt: new Date(0),
    hostPorts: [],
    published: false,
    serving: facts.published ?? false,
    ...facts,
    number,
    release,
  }
}

function observedRouter(
  situation: Situation,
  desired: Desired,
  containers: readonly ObservedContainer[],
): ObservedStack['router'] {
  const spec = desired.router?.spec
  const state = situation.router ?? (containers.some(({published}) => published) ? 'running' : 'none')
  if (spec === undefined || state === 'none') return undefined
  return {
    id: 'router',
    running: state === 'running',
    fingerprint: spec.fingerprint,
    networks: new Map(spec.networks.map((network) => [network.name, network.aliases])),
    hostPorts: spec.bindings.map(({hostPort}) => hostPort),
    upToDate: situation.routerUpToDate ?? true,
    table: tableOf(situation.routedBy ?? situation.stack, containers),
    serving: new Set(containers.filter(({serving}) => serving).map(({name}) => name)),
  }
}

function tableOf(stack: Stack, containers: readonly ObservedContainer[]): RouterTable {
  const table = withBackends(
    EMPTY_TABLE,
    backendsFor(stack, new Map(stack.networks.map((network) => [network.name, SUBNETS]))),
  )
  const backends = table.backends.map((backend) => ({
    ...backend,
    servers: containers
      .filter(({published, service}) => published && service === backend.service)
      .map(({name}, index) => ({slot: index + 1, container: name})),
  }))
  return {...table, backends}
}

function networkFacts(name: string) {
  return {id: name, name, driver: 'bridge', internal: false, labels: {}, subnets: SUBNETS, containers: []}
}
