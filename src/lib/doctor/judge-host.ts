import type {Check} from './check.js'
import type {Capacity, DiskFacts, DoctorFacts, EngineFacts} from './facts.js'

/** PURE: the verdicts on the engine, its host and the tools. */
import {isOlder, MINIMUM_COMPOSE} from '../stack/compose-run.js'
import {formatBytes} from './size.js'

export const OLDEST_API = '1.41'
const MINIMUM_NODE = '22.22.0'
const CLOCK_TOLERANCE_MS = 5000
const LOW_DISK_BYTES = 5e9
const FULL_DISK_BYTES = 1e9

export function judgeHost(facts: DoctorFacts): Check[] {
  return [
    judgeNode(facts.nodeVersion),
    judgeEngine(facts.engine),
    judgeCompose(facts.composeVersion),
    judgeBuildx(facts),
    ...(facts.engine.answers ? [judgeClock(facts.engine.clockAheadMs), judgeLiveRestore(facts.engine.info)] : []),
    ...(facts.disk ? [judgeDisk(facts.disk)] : []),
    ...(facts.capacity ? [describeCapacity(facts.capacity)] : []),
  ]
}

function judgeNode(version: string): Check {
  const isOld = isOlder(version, MINIMUM_NODE)
  return {
    id: 'node',
    subject: 'Node',
    verdict: isOld ? 'problem' : 'ok',
    detail: isOld ? `${version}; ${MINIMUM_NODE} or newer is needed` : version,
    ...(isOld ? {advice: 'update Node'} : {}),
  }
}

function judgeEngine(engine: EngineFacts): Check {
  const subject = 'Docker Engine'
  if (!engine.answers) {
    const advice = engine.suggestions[0] ?? 'start Docker, or name another engine with DOCKER_HOST or --context'
    return {id: 'engine', subject, verdict: 'problem', detail: engine.message, advice}
  }

  const {version, apiVersion, os, architecture, storageDriver} = engine.info
  const detail = `${version} (API ${apiVersion}, ${os}/${architecture}, ${storageDriver}) at ${engine.address}`
  if (!isOlder(apiVersion, OLDEST_API)) return {id: 'engine', subject, verdict: 'ok', detail}
  const advice = 'update Docker on that host to 20.10 or newer'
  return {id: 'engine', subject, verdict: 'problem', detail: `${detail}; API ${OLDEST_API} is needed`, advice}
}

function judgeCompose(version: string | undefined): Check {
  const base = {id: 'compose', subject: 'docker compose'}
  const advice = `install docker compose ${MINIMUM_COMPOSE} or newer`
  if (version === undefined) return {...base, verdict: 'problem', detail: 'not installed', advice}
  if (isOlder(version, MINIMUM_COMPOSE)) {
    return {...base, verdict: 'problem', detail: `${version}; ${MINIMUM_COMPOSE} or newer is needed`, advice}
  }

  return {...base, verdict: 'ok', detail: version}
}

/** Only some builds need buildx; without such a build its absence costs nothing. */
function judgeBuildx({buildxVersion, stack}: DoctorFacts): Check {
  const base = {id: 'buildx', subject: 'docker buildx'}
  if (buildxVersion !== undefined) return {...base, verdict: 'ok', detail: buildxVersion}
  const bake = stack.isLoaded ? stack.bakes[0] : undefined
  if (bake === undefined) return {...base, verdict: 'info', detail: 'not installed; no build of this stack needs it'}
  const advice = 'install docker buildx'
  return {
    ...base,
    verdict: 'problem',
    detail: `not installed; the build of ${bake.service} needs it: ${bake.reason}`,
    advice,
  }
}

function judgeClock(aheadMs: number): Check {
  const base = {id: 'clock', subject: 'clocks'}
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1)
  if (Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS)
    return {...base, verdict: 'ok', detail: `engine and this host differ by ${seconds}s`}
  const detail = `the engine's clock is ${seconds}s ${aheadMs > 0 ? 'ahead of' : 'behind'} this host`
  return {...base, verdict: 'warning', detail, advice: 'synchronize both hosts (chrony, systemd-timesyncd)'}
}

function judgeLiveRestore({liveRestore}: {readonly liveRestore: boolean}): Check {
  const base = {id: 'live-restore', subject: 'live restore'}
  if (liveRestore) return {...base, verdict: 'ok', detail: 'on: containers survive a restart of the engine'}
  const advice = 'set "live-restore": true in /etc/docker/daemon.json'
  return {...base, verdict: 'info', detail: 'off: an update of the engine stops every container', advice}
}

function judgeDisk({free, usedBytes}: DiskFacts): Check {
  const {images, volumes, buildCache} = usedBytes
  const used = `images ${formatBytes(images)}, volumes ${formatBytes(volumes)}, build cache ${formatBytes(buildCache)}`
  const base = {id: 'disk', subject: 'disk'}
  if (free === undefined)
    return {...base, verdict: 'info', detail: `${used}; free space unknown, the engine is elsewhere`}
  const detail = `${formatBytes(free.freeBytes)} of ${formatBytes(free.totalBytes)} free; ${used}`
  if (free.freeBytes >= LOW_DISK_BYTES) return {...base, verdict: 'ok', detail}
  const advice = 'make room: docker builder prune, old backups, old logs'
  return {...base, verdict: free.freeBytes < FULL_DISK_BYTES ? 'problem' : 'warning', detail, advice}
}

function describeCapacity({cpus, memoryBytes}: Capacity): Check {
  return {
    id: 'capacity',
    subject: 'capacity',
    verdict: 'ok',
    detail: `${cpus} CPUs, ${formatBytes(memoryBytes)} memory`,
  }
}
