/** Space on the disk of the engine. */
import {statfs} from 'node:fs/promises'

import type {DiskFacts} from './facts.js'

/** Undefined where it cannot be seen: a socket may lead into a virtual machine, whose data root is not here. */
export async function freeSpace(directory: string): Promise<DiskFacts['free']> {
  try {
    const {bavail, blocks, bsize} = await statfs(directory)
    return {freeBytes: bavail * bsize, totalBytes: blocks * bsize}
  } catch {
    return undefined
  }
}

const FULL_BYTES = 200e6
const LOW_BYTES = 1e9
const LOW_RATIO = 0.05

/** PURE. `full`: an image or a file that is written now would most likely be cut short. */
export function judgeSpace(free: NonNullable<DiskFacts['free']>): 'enough' | 'low' | 'full' {
  if (free.freeBytes < FULL_BYTES) return 'full'
  return free.freeBytes < LOW_BYTES || free.freeBytes < free.totalBytes * LOW_RATIO ? 'low' : 'enough'
}
