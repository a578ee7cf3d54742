/** What could go wrong with images and the room for them, looked at before anything is touched. */
import type {EngineInfo} from '../engine/engine.js'
import type {Plan} from '../plan/plan.js'
import type {DeployFacts, Surroundings} from './facts.js'

import {checkPlatform} from '../build/image-platform.js'
import {freeSpace, judgeSpace} from '../doctor/disk.js'
import {formatBytes} from '../doctor/size.js'

export interface Problem {
  readonly message: string
  readonly remedy: string
}

/** Images that are there. One that is pulled or built is looked at as soon as it has come: nothing else starts before. */
export function checkPlatforms({emit}: Surroundings, {desired, info}: DeployFacts, plan: Plan): void {
  for (const {action, service: name} of plan.changes) {
    const wanted = desired.services.get(name)
    if (action === 'unchanged' || wanted?.image.traits === undefined || wanted.image.state !== 'present') continue
    const warning = checkPlatform(wanted.service, wanted.image.traits, info)
    if (warning !== undefined) emit({type: 'warning', code: 'W_PLATFORM', message: warning})
  }
}

/** Room on the engine's disk, where something will be written to it and the disk is one of this host. */
export async function shortOfSpace(
  {emit, engine}: Surroundings,
  {dataRoot}: EngineInfo,
  plan: Plan,
): Promise<Problem[]> {
  const isWriting = plan.steps.some((step) => WRITING.has(step.operation.kind))
  if (!isWriting || !engine.address.startsWith('unix:')) return []
  const free = await freeSpace(dataRoot)
  if (free === undefined) return []
  const verdict = judgeSpace(free)
  const message = `${formatBytes(free.freeBytes)} of ${formatBytes(free.totalBytes)} are free on the engine's disk (${dataRoot})`
  if (verdict === 'full') return [{message: `only ${message}`, remedy: 'see what uses it: docker system df'}]
  if (verdict === 'low') emit({type: 'warning', code: 'W_DISK', message: `only ${message}: docker system df`})
  return []
}

const WRITING: ReadonlySet<string> = new Set(['build-image', 'pull-image', 'build-router', 'store-files'])
