/** Runs a command on the host to its end, together with everything that it starts. */
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {createInterface} from 'node:readline'
import {setTimeout as delay} from 'node:timers/promises'

export interface HostCommand {
  readonly argv: readonly string[]
  readonly timeoutMs: number
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Each line of stdout and stderr, as it comes. */
  readonly onLine: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

/** How it ended, in words that follow "the command": undefined when it exited with 0. */
export type HostFailure = string | undefined

/** Between the signal that asks and the one that does not. */
const GRACE_MS = 10_000
/** For what is still in the pipes. A process that was left behind may hold them open for ever. */
const LAST_OUTPUT_MS = 1000

/**
 * Runs the command without a shell and without stdin. When its time is over or the signal is aborted, it and its children
 * get SIGTERM, and SIGKILL after 10 s. Never throws; what a caller makes of an abort is the caller's business.
 */
export async function runOnHost(command: HostCommand): Promise<HostFailure> {
  const {argv, cwd, env, onLine, signal, timeoutMs} = command
  const [file = '', ...args] = argv
  if (signal?.aborted) return 'was not started: the run was interrupted'
  // A process group of its own: a signal to a shell alone would leave behind what the shell started.
  const child = spawn(file, args, {cwd, env: {...env}, stdio: ['ignore', 'pipe', 'pipe'], detached: true})
  for (const input of [child.stdout, child.stderr]) createInterface({input}).on('line', onLine)
  const deadline = AbortSignal.timeout(timeoutMs)
  const stop = AbortSignal.any([deadline, ...(signal ? [signal] : [])])
  const onStop = (): void => void endGroup(child)
  stop.addEventListener('abort', onStop, {once: true})
  try {
    const ending = await endingOf(child)
    if (signal?.aborted) return 'was ended: the run was interrupted'
    return deadline.aborted ? `took longer than ${timeoutMs / 1000} s and was ended` : ending
  } finally {
    stop.removeEventListener('abort', onStop)
  }
}

async function endingOf(child: ChildProcess): Promise<HostFailure> {
  const closed = once(child, 'close').catch(() => {})
  try {
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    await Promise.race([closed, delay(LAST_OUTPUT_MS, undefined, {ref: false})])
    if (exitCode === 0) return undefined
    return exitCode === null ? `was ended by ${signal}` : `exited with code ${exitCode}`
  } catch (error) {
    return `could not be started (${(error as NodeJS.ErrnoException).code ?? String(error)})`
  } finally {
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM')
  await delay(GRACE_MS, undefined, {ref: false})
  signalGroup(child, 'SIGKILL')
}

/** Also when the first process has ended: its children are in the group still. */
function signalGroup({pid}: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // Nobody is left in the group.
  }
}
