/**
 * One change of a stack at a time. The lock is a container name at the engine: creating it is atomic, so that two laptops
 * and a CI job exclude each other (6 concurrent creates give exactly one 201). The container is never started; its labels
 * say who holds the lock, from where, since when and for what.
 */
import {readFile} from 'node:fs/promises'
import {hostname, userInfo} from 'node:os'

import type {Engine} from '../engine/engine.js'

import {EngineConflictError, LockHeldError} from '../errors.js'
import {sleep} from '../gate/wait.js'
import {OWN_LABELS} from '../labels.js'
import {buildEmptyImage} from './empty-image.js'

const LABEL = {
  ...OWN_LABELS,
  owner: 'dev.stackctl.lock.owner',
  host: 'dev.stackctl.lock.host',
  pid: 'dev.stackctl.lock.pid',
  process: 'dev.stackctl.lock.process',
  command: 'dev.stackctl.lock.command',
  since: 'dev.stackctl.lock.since',
} as const

export interface LockHolder {
  readonly owner: string
  readonly host: string
  readonly pid: number
  readonly command: string
  readonly since: string
}

export function lockName(project: string): string {
  return `${project}-stackctl-lock`
}

/** Runs `work` while holding the stack's lock, and gives it back whatever happens. Throws LockHeldError (exit 5) when somebody else holds it. */
export async function withLock<T>(
  engine: Engine,
  facts: {project: string; command: string},
  work: () => Promise<T>,
): Promise<T> {
  const id = await acquire(engine, facts)
  try {
    return await work()
  } finally {
    await engine.removeContainer(id, {force: true})
  }
}

async function acquire(engine: Engine, facts: {project: string; command: string}): Promise<string> {
  const name = lockName(facts.project)
  const Image = await buildEmptyImage(engine)
  const Labels = await labelsFor(facts)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    try {
      return await engine.createContainer(name, {
        Image,
        Cmd: ['never-started'],
        Labels,
        HostConfig: {NetworkMode: 'none'},
      })
    } catch (error) {
      if (!(error instanceof EngineConflictError)) throw error
    }

    await refuseIfHeld(engine, facts.project)
    await sleep(RETRY_MS)
  }

  throw held(facts.project, undefined)
}

/** A name that is taken but shows no container yet is being taken or given back this moment: asked again for this long. */
const MAX_ATTEMPTS = 100
const RETRY_MS = 50

/** Throws when the holder lives, or may live; removes the lock of one that is dead. */
async function refuseIfHeld(engine: Engine, project: string): Promise<void> {
  const container = await engine.inspectContainer(lockName(project))
  if (container === undefined) return
  const labels = container.Config.Labels
  if (!(await isDead(labels))) throw held(project, holderOf(labels))
  await engine.removeContainer(container.Id, {force: true})
}

async function labelsFor(facts: {project: string; command: string}): Promise<Record<string, string>> {
  return {
    [LABEL.project]: facts.project,
    [LABEL.role]: 'lock',
    [LABEL.owner]: userInfo().username,
    [LABEL.host]: hostname(),
    [LABEL.pid]: String(process.pid),
    [LABEL.process]: (await processIdentity(process.pid)) ?? '',
    [LABEL.command]: facts.command,
    [LABEL.since]: new Date().toISOString(),
  }
}

/** Only the lock of a process of this host can be known to be dead. */
async function isDead(labels: Readonly<Record<string, string>>): Promise<boolean> {
  const identity = labels[LABEL.process]
  if (labels[LABEL.host] !== hostname() || !identity) return false
  return (await processIdentity(Number(labels[LABEL.pid]))) !== identity
}

/** Boot and start time of a process: a pid alone is used again. Undefined when there is none, or where /proc is not. */
async function processIdentity(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ])
    // The command name, in parentheses, may hold blanks; field 22 is the start time (proc(5)).
    return `${boot.trim()}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return undefined
  }
}

function holderOf(labels: Readonly<Record<string, string>>): LockHolder {
  return {
    owner: labels[LABEL.owner] ?? '?',
    host: labels[LABEL.host] ?? '?',
    pid: Number(labels[LABEL.pid]),
    command: labels[LABEL.command] ?? '?',
    since: labels[LABEL.since] ?? '?',
  }
}

function held(project: string, holder: LockHolder | undefined): LockHeldError {
  const who = holder
    ? `${holder.owner}@${holder.host} (pid ${holder.pid}, "${holder.command}" since ${holder.since})`
    : 'somebody else'
  return new LockHeldError(`${project} is being changed by ${who}`, {
    suggestions: ['wait until that has ended', `if it has died: docker rm ${lockName(project)}`],
    facts: {holder},
  })
}
