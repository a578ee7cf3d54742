/** Who holds a host port. */
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {createServer} from 'node:net'

import type {ContainerSummary} from '../engine/engine.js'
import type {PortFacts} from './facts.js'
import type {PublishedPort} from './needs.js'

import {LABELS, OWN_LABELS} from '../labels.js'

export interface PortSurroundings {
  readonly project: string
  readonly containers: readonly ContainerSummary[]
  /** The engine runs on this host: what no container holds can be tried out. */
  readonly isLocal: boolean
}

/** Asks the engine first: a port of a container is held by the engine's proxy, which says nothing about whose it is. */
export async function holderOf(port: PublishedPort, surroundings: PortSurroundings): Promise<PortFacts['holder']> {
  const container = surroundings.containers.find((candidate) => holds(candidate, port))
  if (container) {
    const project = container.labels[LABELS.project] ?? container.labels[OWN_LABELS.project]
    const name = container.name.replace(/^\//, '')
    return project === surroundings.project
      ? {kind: 'own', container: name}
      : {kind: 'container', container: name, project}
  }

  return surroundings.isLocal ? tryToBind(port) : {kind: 'unknown'}
}

function holds({ports}: ContainerSummary, {port, protocol, hostIp}: PublishedPort): boolean {
  return ports.some(
    (held) => held.hostPort === port && held.protocol === protocol && isSameAddress(held.hostIp, hostIp),
  )
}

/** A wildcard address conflicts with every other one. */
function isSameAddress(held: string, wanted: string): boolean {
  return isWildcard(held) || isWildcard(wanted) || held === wanted
}

function isWildcard(address: string): boolean {
  return address === '' || address === '0.0.0.0' || address === '::'
}

async function tryToBind({port, protocol, hostIp}: PublishedPort): Promise<PortFacts['holder']> {
  const address = hostIp === '' ? '0.0.0.0' : hostIp
  try {
    await (protocol === 'udp' ? bindUdp(port, address) : bindTcp(port, address))
    return {kind: 'free'}
  } catch (error) {
    // No permission for a low port, or an address that is not of this host: then trying says nothing.
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? {kind: 'process'} : {kind: 'unknown'}
  }
}

async function bindTcp(port: number, host: string): Promise<void> {
  const server = createServer()
  server.listen({port, host, exclusive: true})
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

async function bindUdp(port: number, address: string): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.bind({port, address, exclusive: true})
    await once(socket, 'listening')
  } finally {
    socket.close()
  }
}
