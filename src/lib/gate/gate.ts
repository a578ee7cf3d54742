/**
 * The gate: may this new replica take traffic?
 *
 * It runs the container's own health check by exec every 250 ms (a slow one more seldom), so that nobody waits for the engine's interval (30 s by
 * default, and engines before API 1.44 have no start interval), and asks for several successes in a row from a container
 * that has not restarted. A container that exited, restarted or was judged unhealthy by the engine is refused at once.
 */
import type {GatePolicy} from '../stack/model.js'
import type {Healthcheck} from './healthcheck.js'
import type {CheckAnswer} from './progress.js'
import type {Watched} from './refusal.js'

import {gateDeadlineMs} from '../stack/gate-deadline.js'
import {healthcheckOf} from './healthcheck.js'
import {GateProgress} from './progress.js'
import {firstLine, inspect, refusal, refuseIfGone} from './refusal.js'
import {sleep} from './wait.js'

const PROBE_EVERY_MS = 250
const PROBE_LATEST_MS = 1000
/** Without any health check: how many looks in a row must find it running. */
const LOOKS_WITHOUT_CHECK = 5

export interface GateRequest extends Watched {
  readonly policy: GatePolicy
  /** Asked instead of a health check when the container has none: does its port accept a connection? */
  readonly accepts?: (() => Promise<boolean>) | undefined
  readonly onProgress?: (message: string) => void
}

export interface GatePassed {
  readonly waitedMs: number
  readonly probes: number
  /** What the verdict rests on. */
  readonly basis: 'healthcheck' | 'port' | 'running'
}

/** Waits for the verdict. Throws UnhealthyError with the reason, the exit code and the last log lines when it is no. */
export async function passGate(request: GateRequest): Promise<GatePassed> {
  const started = performance.now()
  const first = await inspect(request)
  const check = healthcheckOf(first)
  const probe = probeFor(request, check)
  const progress = new GateProgress(gateDeadlineMs(request.policy, check), started)
  let successes = 0
  let probes = 0
  let last = ''
  while (successes < probe.wanted) {
    await refuseIfGone(request, first)
    const asked = performance.now()
    const answer = await probe.ask()
    const tookMs = performance.now() - asked
    probes += 1
    successes = answer.ok ? successes + 1 : 0
    if (successes >= probe.wanted) break
    if (!answer.ok && answer.text !== last) request.onProgress?.(`not ready: ${answer.text}`)
    last = answer.text
    const tooLate = progress.note(answer, performance.now())
    if (tooLate !== undefined) throw await refusal(request, tooLate)
    // On a machine that is slow because replicas boot, checks must not take what they need for that.
    await sleep(Math.min(Math.max(PROBE_EVERY_MS, tookMs), PROBE_LATEST_MS), request.signal)
  }

  await refuseIfGone(request, first)
  return {waitedMs: Math.round(performance.now() - started), probes, basis: probe.basis}
}

interface Probe {
  readonly basis: GatePassed['basis']
  readonly wanted: number
  readonly ask: () => Promise<CheckAnswer>
}

function probeFor(request: GateRequest, check: Healthcheck | undefined): Probe {
  const {accepts, policy} = request
  if (check) return {basis: 'healthcheck', wanted: policy.successes, ask: () => runCheck(request, check)}
  if (accepts) {
    return {
      basis: 'port',
      wanted: policy.successes,
      ask: async () => ({ok: await accepts(), text: 'its port does not accept connections'}),
    }
  }

  return {basis: 'running', wanted: LOOKS_WITHOUT_CHECK, ask: async () => ({ok: true, text: ''})}
}

async function runCheck(request: GateRequest, check: Healthcheck): Promise<CheckAnswer> {
  const options = {timeoutMs: check.timeoutMs, ...(request.signal && {signal: request.signal})}
  try {
    const {exitCode, stderr, stdout} = await request.engine.exec(request.container, check.argv, options)
    return {
      ok: exitCode === 0,
      exitCode,
      text: exitCode === 0 ? '' : firstLine(stdout || stderr) || `its health check exits ${exitCode}`,
    }
  } catch (error) {
    request.signal?.throwIfAborted()
    // The container may have exited under the exec; the next look says so, with its exit code.
    return {ok: false, text: error instanceof Error ? firstLine(error.message) : 'its health check could not run'}
  }
}
