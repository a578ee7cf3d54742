/** Turns SIGINT and SIGTERM into one AbortSignal, so that a command can clean up before it ends. */
import {InterruptedError} from './errors.js'

export type Interruption = {
  /** Aborted with an InterruptedError by the first signal. */
  readonly signal: AbortSignal
  /** The interruption when there was one and `error` only says that something was aborted; else the error itself. */
  explain(error: unknown): unknown
  dispose(): void
}

/** Starts to listen. The first signal aborts; a second one ends the process at once. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController()
  // Listeners stay installed (no `once`): other packages restore the cursor on signals and would end the process
  // themselves as soon as they are the only listeners left.
  const onSignal = (name: NodeJS.Signals): void => {
    if (name !== 'SIGINT' && name !== 'SIGTERM') return
    const interrupted = new InterruptedError(name)
    if (controller.signal.aborted) process.exit(interrupted.exit)
    controller.abort(interrupted)
  }

  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    explain: (error) =>
      controller.signal.aborted && isAbort(error) ? (controller.signal.reason as InterruptedError) : error,
    dispose() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

/** Whether an error says no more than "aborted"; web, Node and execa each have their own name for that. */
export function isAbort(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const {code, isCanceled} = error as Error & {code?: unknown; isCanceled?: unknown}
  return error.name === 'AbortError' || code === 'ABORT_ERR' || isCanceled === true
}
