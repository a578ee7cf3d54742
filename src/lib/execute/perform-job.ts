/** Pre-deploy jobs: run with the new image and the real environment, output shown as it comes. */
import type {Operation} from '../plan/plan.js'
import type {OperationContext} from './execute.js'
import type {Site} from './site.js'

import {MigrationError} from '../errors.js'
import {lastLines} from '../logs/tail.js'
import {createReplica} from './perform-replica.js'

const LAST_LINES = 20

/**
 * Runs the job to its end. Its container stays as the record that it ran; those of earlier runs are removed. Throws
 * MigrationError (exit 10) when it does not end with 0, and leaves nothing behind then.
 */
export async function runJob(
  site: Site,
  operation: Extract<Operation, {kind: 'run-job'}>,
  context: OperationContext,
): Promise<void> {
  const {replica} = operation
  await createReplica(site, {replica, inheritsFrom: undefined})
  try {
    await site.engine.startContainer(replica.container)
    const shown = showOutput(site, replica.container, context.signal)
    const exitCode = await site.engine.waitContainer(replica.container, context.signal)
    await shown
    if (exitCode !== 0) await refuse(site, replica.container, exitCode)
  } catch (error) {
    await site.engine.removeContainer(replica.container, {force: true})
    throw error
  }

  for (const earlier of operation.replaces) await site.engine.removeContainer(earlier, {force: true})
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

async function refuse(site: Site, container: string, exitCode: number): Promise<never> {
  const lines = await lastLines(site.engine, container, LAST_LINES)
  throw new MigrationError(`${container} exited with code ${exitCode}; nothing was swapped`, {
    facts: {container, exitCode, lastLines: lines},
    suggestions: ['repair the job and deploy again: it runs again until it has ended with 0'],
  })
}
