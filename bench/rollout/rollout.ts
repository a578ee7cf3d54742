/** docker compose, Docker Swarm and stackctl update the same app under the same load, one after the other. */
import {median} from '../command.js'
import {buildImages} from './app.js'
import {type LoadOptions} from './load.js'
import {fromOne, measureRefusal, measureScale, measureUpdate, type RefusalReport, type UpdateReport} from './measure.js'
import {openPlace, type Place} from './place.js'
import {swarm} from './swarm.js'
import {compose, stackctl, type System} from './systems.js'

const LOAD: LoadOptions = {connections: 16, pauseMs: 10, slowMs: 2000}
/** Each number is the median, or the worst, of so many. */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const AGAIN_ROUNDS = 5

export interface SystemReport {
  /** With slow requests in flight. */
  readonly updates: readonly UpdateReport[]
  /** Without. */
  readonly plainUpdates: readonly UpdateReport[]
  readonly refusal: RefusalReport
  readonly scaleSeconds: readonly number[]
  readonly againMs: number
}

export interface RolloutReport {
  readonly engine: {readonly version: string; readonly place: string}
  readonly load: LoadOptions
  readonly rounds: number
  readonly systems: Readonly<Record<string, SystemReport>>
  /** stackctl alone, with requests of 10 s in flight. */
  readonly longRequests: UpdateReport
}

export async function benchRollout(say: (line: string) => void): Promise<RolloutReport> {
  const place = await openPlace()
  const onSignal = (): void => void place.close().finally(() => process.exit(130))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    say(place.because === undefined ? 'an engine of its own' : `the engine of the machine: ${place.because}`)
    return await measureAll(place, say)
  } finally {
    await place.close()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

async function measureAll(place: Place, say: (line: string) => void): Promise<RolloutReport> {
  const {sandbox} = place
  await buildImages(sandbox.id, place)
  const ours = await stackctl(place)
  const systems = [compose(place), ...(place.socketPath === undefined ? [] : [await swarm(place)]), ours]
  const measured = await measureInTurn(place, systems, say)
  const longRequests = await measureUpdate(place, ours, {...LOAD, slowMs: 10_000})
  say(`stackctl: update with requests of 10 s in flight ${inWords(longRequests)}`)
  const {version} = await sandbox.engine.info()
  const where = place.because === undefined ? 'in a container of its own' : 'of the machine'
  return {engine: {version, place: where}, load: LOAD, rounds: ROUNDS, systems: measured, longRequests}
}

/** One round after the other through all systems: what else the machine does meets all of them. */
async function measureInTurn(
  place: Place,
  systems: readonly System[],
  say: (line: string) => void,
): Promise<Record<string, SystemReport>> {
  const updates = await inRounds(systems, async (system) => {
    const report = await measureUpdate(place, system, LOAD)
    say(`${system.name}: update ${inWords(report)}`)
    return report
  })
  const plainUpdates = await inRounds(systems, async (system) => {
    const report = await measureUpdate(place, system, {...LOAD, slowMs: 0})
    say(`${system.name}: update without slow requests ${inWords(report)}`)
    return report
  })
  const scales = await inRounds(systems, async (system) => {
    const seconds = await measureScale(system)
    say(`${system.name}: from 1 to 5 replicas ${seconds} s`)
    return seconds
  })
  const reports: Record<string, SystemReport> = {}
  for (const [index, system] of systems.entries()) {
    const refusal = await measureRefusal(place, system, LOAD)
    say(`${system.name}: broken image ${inWords(refusal)}, ${refusal.secondsAfterCrash} s after the crash`)
    const againMs = await measureAgain(system)
    say(`${system.name}: nothing to do ${againMs} ms`)
    reports[system.name] = {
      updates: updates[index] ?? [],
      plainUpdates: plainUpdates[index] ?? [],
      scaleSeconds: scales[index] ?? [],
      refusal,
      againMs,
    }
  }

  return reports
}

/** Results by system. */
async function inRounds<T>(systems: readonly System[], measure: (system: System) => Promise<T>): Promise<T[][]> {
  const results: T[][] = systems.map(() => [])
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [index, system] of systems.entries()) results[index]?.push(await measure(system))
  }

  return results
}

function inWords({exitCode, seconds, update, worstToSteady}: UpdateReport): string {
  const failures = update.failed === 0 ? '' : ` ${JSON.stringify(update.failures)}`
  const worst = `worst ${Math.round(update.worstMs)} ms = ${worstToSteady} × steady p99.9`
  return `exit ${exitCode}, ${seconds} s, ${update.failed} of ${update.ok + update.failed} failed${failures}, ${worst}`
}

/** Median; the first time fills caches and is not counted. */
async function measureAgain(system: System): Promise<number> {
  return fromOne(system, async () => {
    await system.again()
    const times: number[] = []
    while (times.length < AGAIN_ROUNDS) times.push(await system.again())
    return Math.round(median(times))
  })
}
