/** Who holds a lock: what its labels say, and whether that process can be seen from here. */
import {readFile, readlink} from 'node:fs/promises'
import {hostname, userInfo} from 'node:os'

const LABEL = {
  owner: 'dev.stackctl.lock.owner',
  host: 'dev.stackctl.lock.host',
  pid: 'dev.stackctl.lock.pid',
  process: 'dev.stackctl.lock.process',
  command: 'dev.stackctl.lock.command',
} as const

type Labels = Readonly<Record<string, string>>

export interface LockHolder {
  readonly owner: string
  readonly host: string
  readonly pid: number
  readonly command: string
  /** When the lock was taken, by the engine's clock; ISO 8601. */
  readonly since: string
}

/** `gone` is certain; `out-of-sight` is a process of another host or container, about which /proc says nothing. */
export type Sighting = 'alive' | 'gone' | 'out-of-sight'

/** What this process writes about itself on the lock that it takes. */
export async function ownLabels(command: string): Promise<Record<string, string>> {
  return {
    [LABEL.owner]: username(),
    [LABEL.host]: hostname(),
    [LABEL.pid]: String(process.pid),
    [LABEL.process]: await ownIdentity(),
    [LABEL.command]: command,
  }
}

export function holderOf(labels: Labels, since: Date): LockHolder {
  return {
    owner: labels[LABEL.owner] ?? '?',
    host: labels[LABEL.host] ?? '?',
    pid: Number(labels[LABEL.pid]),
    command: labels[LABEL.command] ?? '?',
    since: since.toISOString(),
  }
}

/** `ci@runner-7 (pid 812, "deploy" since 2026-05-01T12:00:00.000Z)` */
export function describeHolder({command, host, owner, pid, since}: LockHolder): string {
  return `${owner}@${host} (pid ${pid}, "${command}" since ${since})`
}

/**
 * Looks for the holder in /proc. Its word counts only where both see the same processes: same boot of the same kernel, same
 * PID namespace, same host name (machines restored from one snapshot share the first two).
 */
export async function lookFor(labels: Labels): Promise<Sighting> {
  const [boot, namespace, started] = (labels[LABEL.process] ?? '').split(' ')
  const here = await ownPlace()
  if (here === undefined || started === undefined) return 'out-of-sight'
  const isHere = boot === here.boot && namespace === here.namespace && labels[LABEL.host] === hostname()
  return isHere ? seen(Number(labels[LABEL.pid]), started) : 'out-of-sight'
}

/** A user id without a name, as containers have them, makes `userInfo` throw. */
function username(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`
  }
}

/** Boot, PID namespace and start time: a pid alone is used again, and every container has a pid 1. Empty without /proc. */
async function ownIdentity(): Promise<string> {
  const [place, own] = await Promise.all([ownPlace(), statOf('self')])
  return place && own ? `${place.boot} ${place.namespace} ${own.started}` : ''
}

interface Place {
  readonly boot: string
  /** `pid:[4026531836]`; unique within one boot only. */
  readonly namespace: string
}

async function ownPlace(): Promise<Place | undefined> {
  try {
    const [boot, namespace, self] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
      readlink('/proc/self'),
    ])
    // A container may have the host's /proc mounted: its pids are not ours.
    return self === String(process.pid) ? {boot: boot.trim(), namespace} : undefined
  } catch {
    return undefined
  }
}

async function seen(pid: number, started: string): Promise<Sighting> {
  const found = await statOf(pid)
  if (found) return found.started === started && !found.hasEnded ? 'alive' : 'gone'
  return exists(pid) ? 'out-of-sight' : 'gone'
}

interface ProcessStat {
  /** Clock ticks since the boot. */
  readonly started: string
  /** Dead, though its parent has not asked for its exit code: nobody reaps where PID 1 of a container is no init. */
  readonly hasEnded: boolean
}

async function statOf(pid: number | 'self'): Promise<ProcessStat | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The command name, in parentheses, may hold blanks; after it come field 3, the state, and field 22, the start time (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const started = fields[19]
    return started === undefined ? undefined : {started, hasEnded: /^[XxZ]$/.test(fields[0] ?? '')}
  } catch {
    return undefined
  }
}

/** A /proc mounted with `hidepid` hides the processes of other users, but not whether there is one to signal. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
