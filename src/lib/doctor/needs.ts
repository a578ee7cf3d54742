/** What a stack needs from its host: read from the model, before anything is asked of the engine. */
import {readFile} from 'node:fs/promises'

import type {BuildSpec, Service, Stack} from '../stack/model.js'
import type {ImageNeed, PortFacts, StackFacts} from './facts.js'

import {baseImages} from '../build/base-images.js'
import {parseSizeBytes} from '../stack/size.js'

export type PublishedPort = Omit<PortFacts, 'holder'>

/** Fixed host ports that the stack publishes; ranges are counted out. */
export function publishedPorts(stack: Stack): PublishedPort[] {
  return stack.services.flatMap((service) =>
    (service.compose.ports ?? []).flatMap(({published, host_ip: hostIp, protocol}) =>
      portsOf(published).map((port) => ({
        service: service.name,
        hostIp: hostIp ?? '',
        port,
        protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
      })),
    ),
  )
}

/** `8080`, `7100-7110`; nothing or 0 = any free port, which is never taken. */
function portsOf(published: string | undefined): number[] {
  const [first = 0, last = first] = (published ?? '').split('-').map(Number)
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first === 0) return []
  return Array.from({length: last - first + 1}, (_, index) => first + index)
}

/** Images that have to be at the engine before the stack can be built and run, each with the services that need it. */
export async function neededImages(stack: Stack): Promise<Omit<ImageNeed, 'isPresent'>[]> {
  const made = new Set(stack.services.filter(({build}) => build !== undefined).map(({image}) => image))
  const needs = new Map<string, {use: ImageNeed['use']; services: string[]}>()
  for (const service of stack.services) {
    for (const {reference, use} of await needsOf(service)) {
      if (made.has(reference)) continue
      const need = needs.get(reference) ?? {use, services: []}
      need.services.push(service.name)
      needs.set(reference, need)
    }
  }

  return [...needs].map(([reference, need]) => ({reference, ...need}))
}

async function needsOf(service: Service): Promise<{reference: string; use: ImageNeed['use']}[]> {
  const {build} = service
  if (build === undefined) return [{reference: service.image, use: 'image'}]
  const text = build.dockerfileInline ?? (await readDockerfile(build))
  return baseImages(text, {args: build.args, target: build.target}).map(({reference}) => ({reference, use: 'base'}))
}

async function readDockerfile(build: BuildSpec): Promise<string> {
  try {
    return await readFile(build.dockerfile, 'utf8')
  } catch {
    // The build itself reports a missing Dockerfile, with file and service.
    return ''
  }
}

type Limits = Extract<StackFacts, {isLoaded: true}>['limits']

/** What all replicas may use at once. */
export function sumOfLimits(stack: Stack): Limits {
  const lasting = stack.services.filter(({job}) => job === undefined)
  const limits = lasting.map((service) => ({service, ...limitsOf(service)}))
  return {
    cpus: sum(limits.map(({service, cpus}) => service.replicas * (cpus ?? 0))),
    memoryBytes: sum(limits.map(({service, memoryBytes}) => service.replicas * (memoryBytes ?? 0))),
    unlimited: limits.filter(({memoryBytes}) => memoryBytes === undefined).map(({service}) => service.name),
  }
}

function limitsOf({compose}: Service): {cpus: number | undefined; memoryBytes: number | undefined} {
  const {cpus = compose.cpus, memory = compose.mem_limit} = compose.deploy?.resources?.limits ?? {}
  return {
    cpus: cpus === undefined ? undefined : Number(cpus),
    memoryBytes: memory === undefined ? undefined : parseSizeBytes(memory),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
