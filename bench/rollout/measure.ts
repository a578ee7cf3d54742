/** What is measured of each system. */
import type {Place} from './place.js'
import type {Change, System} from './systems.js'

import {must} from '../command.js'
import {type AppState, imageOf} from './app.js'
import {type LoadOptions, type LoadReport, startLoad} from './load.js'

export interface UpdateReport extends LoadReport {
  readonly exitCode: number
  readonly seconds: number
  /** Worst latency while it was updated, in terms of its own 99.9th percentile before. */
  readonly worstToSteady: number
}

export interface RefusalReport extends UpdateReport {
  /** From the first crash of a new container until the system had said no (Swarm: had rolled back). */
  readonly secondsAfterCrash: number | null
}

/** What is deleted or cut later than the end of the command belongs to the update as well. */
const AFTERWARDS_MS = 2500
const REPLICAS = 3

export async function measureUpdate(place: Place, system: System, load: LoadOptions): Promise<UpdateReport> {
  return fromOne(system, async (network) => underLoad(place, network, load, () => system.update(state('two'))))
}

export async function measureRefusal(place: Place, system: System, load: LoadOptions): Promise<RefusalReport> {
  return fromOne(system, async (network) => {
    let secondsAfterCrash: number | null = null
    const report = await underLoad(place, network, load, async () => {
      const started = Date.now()
      const change = await system.update(state('broken'))
      const ended = Date.now()
      const crashed = await firstCrash(place, started, ended)
      secondsAfterCrash = crashed === undefined ? null : seconds(ended - crashed)
      return change
    })
    return {...report, secondsAfterCrash}
  })
}

/** Seconds from 1 to 5 replicas, all ready. */
export async function measureScale(system: System): Promise<number> {
  await system.up({version: 'one', replicas: 1})
  try {
    const {exitCode, ms, output} = await system.scale({version: 'one', replicas: 5})
    if (exitCode !== 0) throw new Error(`${system.name} did not scale:\n${output}`)
    return seconds(ms)
  } finally {
    await system.down()
  }
}

function state(version: AppState['version']): AppState {
  return {version, replicas: REPLICAS}
}

export async function fromOne<T>(system: System, work: (network: string) => Promise<T>): Promise<T> {
  const network = await system.up(state('one'))
  try {
    return await work(network)
  } finally {
    await system.down()
  }
}

async function underLoad(
  place: Place,
  network: string,
  options: LoadOptions,
  work: () => Promise<Change>,
): Promise<UpdateReport> {
  const load = await startLoad(place, network, options)
  try {
    await load.mark()
    const {exitCode, ms} = await work()
    await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS))
    const {steady, update} = await load.stop()
    const worstToSteady = Math.round((10 * update.worstMs) / steady.p999Ms) / 10
    return {exitCode, seconds: seconds(ms), worstToSteady, steady, update}
  } finally {
    await load.discard()
  }
}

/** Milliseconds since 1970 at which the first container of the broken image ended. */
async function firstCrash(place: Place, started: number, ended: number): Promise<number | undefined> {
  const window = ['--since', String(started / 1000), '--until', String(ended / 1000)]
  const filters = ['--filter', 'event=die', '--filter', `image=${imageOf(place.sandbox.id, 'broken')}`]
  const {output} = await must(['docker', 'events', ...window, ...filters, '--format', '{{.TimeNano}}'], place)
  const times = output.split('\n').filter(Boolean).map(Number)
  return times.length === 0 ? undefined : Math.min(...times) / 1e6
}

function seconds(ms: number): number {
  return Math.round(ms / 10) / 100
}
