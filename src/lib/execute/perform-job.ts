/** Pre-deploy jobs: run with the new image and the real environment, output shown as it comes. */
import type {Operation} from '../plan/plan.js'
import type {OperationContext} from './execute.js'
import type {Site} from './site.js'

import {EngineError, MigrationError} from '../errors.js'
import {lastLines} from '../logs/tail.js'
import {formatDuration} from '../stack/duration.js'
import {createReplica} from './perform-replica.js'

const LAST_LINES = 20

type RunJob = Extract<Operation, {kind: 'run-job'}>

/**
 * Runs the job to its end, or waits for the one that runs already. Its container stays as the record that it ran; those
 * of earlier runs are removed. Throws MigrationError (exit 10) when it does not end with 0 in time, and leaves nothing
 * behind then.
 */
export async function runJob(site: Site, operation: RunJob, context: OperationContext): Promise<void> {
  for (const earlier of operation.awaits) await awaitEarlier(site, earlier, {operation, context})
  const container = operation.joins ?? (await startJob(site, operation))
  try {
    await passJob(site, container, {operation, context})
  } catch (error) {
    await site.engine.removeContainer(container, {force: true})
    throw error
  }

  for (const earlier of operation.replaces) {
    if (earlier !== container) await site.engine.removeContainer(earlier, {force: true})
  }
}

interface JobRun {
  readonly operation: RunJob
  readonly context: OperationContext
}

/** Another configuration of this job, which a run that was killed has left running. It is not ours to stop. */
async function awaitEarlier(site: Site, container: string, {operation, context}: JobRun): Promise<void> {
  context.progress(`waiting for ${container}, which an earlier run started`)
  const limit = AbortSignal.timeout(operation.timeoutMs)
  try {
    await shownToEnd(site, container, AbortSignal.any([context.signal, limit]))
  } catch (error) {
    if (error instanceof EngineError && error.statusCode === 404) return
    if (context.signal.aborted || !limit.aborted) throw error
    const message = `${container}, which an earlier run started, still runs after ${formatDuration(operation.timeoutMs)}`
    throw new MigrationError(`${message}; nothing was migrated and nothing swapped`, {
      facts: {container},
      suggestions: [`see what it does: docker logs ${container}`, `or end it: docker stop ${container}`],
    })
  }
}

async function startJob(site: Site, {replaces, replica}: RunJob): Promise<string> {
  const {container} = replica
  if (replaces.includes(container)) await site.engine.removeContainer(container, {force: true})
  await createReplica(site, {replica, inheritsFrom: undefined})
  try {
    await site.engine.startContainer(container)
  } catch (error) {
    await site.engine.removeContainer(container, {force: true})
    throw error
  }

  return container
}

/** Waits until it has ended with 0. One whose time is over, or whose run is interrupted, is stopped by its own signal. */
async function passJob(site: Site, container: string, {operation, context}: JobRun): Promise<void> {
  const limit = AbortSignal.timeout(operation.timeoutMs)
  let exitCode: number
  try {
    exitCode = await shownToEnd(site, container, AbortSignal.any([context.signal, limit]))
  } catch (error) {
    if (!context.signal.aborted && !limit.aborted) throw error
    await site.engine.stopContainer(container)
    if (context.signal.aborted) throw error
    const ending = `did not end within ${formatDuration(operation.timeoutMs)} and was stopped`
    throw await refusal(site, container, {ending, facts: {timeoutMs: operation.timeoutMs}})
  }

  if (exitCode !== 0) throw await refusal(site, container, {ending: `exited with code ${exitCode}`, facts: {exitCode}})
}

async function shownToEnd(site: Site, container: string, signal: AbortSignal): Promise<number> {
  const shown = showOutput(site, container, signal)
  const exitCode = await site.engine.waitContainer(container, signal)
  await shown
  return exitCode
}

async function showOutput(site: Site, container: string, signal: AbortSignal): Promise<void> {
  try {
    for await (const {line} of site.engine.logs(container, {follow: true, signal})) {
      site.facts.emit({type: 'output', source: container, line})
    }
  } catch (error) {
    // Showing is not running: a job is not failed because its log could not be followed.
    if (!signal.aborted)
      site.facts.emit({
        type: 'warning',
        code: 'W_NO_OUTPUT',
        message: `output of ${container} cannot be shown: ${String(error)}`,
      })
  }
}

async function refusal(
  site: Site,
  container: string,
  {ending, facts}: {ending: string; facts: Readonly<Record<string, unknown>>},
): Promise<MigrationError> {
  const lines = await lastLines(site.engine, container, LAST_LINES)
  return new MigrationError(`${container} ${ending}; nothing was swapped`, {
    facts: {container, ...facts, lastLines: lines},
    suggestions: ['repair the job and deploy again: it runs again until it has ended with 0'],
  })
}
