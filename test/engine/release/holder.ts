/** Holders of a lock as tests need them: a process that takes it, and one of another host that is there by its labels only. */
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {hostname} from 'node:os'
import {buffer} from 'node:stream/consumers'
import {fileURLToPath} from 'node:url'
import {pack} from 'tar-stream'
import {vi} from 'vitest'

import type {Engine} from '../../../src/lib/engine/engine.js'

import {lockName} from '../../../src/lib/release/lock-state.js'

const SCRIPT = fileURLToPath(new URL('hold-lock.ts', import.meta.url))

/** A process that holds a lock. */
export class Holder {
  readonly #child: ChildProcess
  #output = ''

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, {stdio: ['ignore', 'pipe', 'inherit']})
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
  }

  /** Resolves when it has said the text. */
  async said(text: RegExp): Promise<string> {
    for (;;) {
      const found = text.exec(this.#output)
      if (found) return found[1] ?? found[0]
      if (this.#child.exitCode !== null) throw new Error(`the holder ended: ${this.#output}`)
      await Promise.race([once(this.#child.stdout!, 'data'), once(this.#child, 'close')])
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Kills it and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

/** Resolves once the process has the lock. */
export async function startHolder(project: string): Promise<Holder> {
  const holder = new Holder(process.execPath, ['--import', 'tsx', SCRIPT, project])
  await holder.said(/held by/)
  return holder
}

/**
 * A holder that was killed, but whose parent never asks for its exit code, as in a container without an init.
 * Answers the parent.
 */
export async function startZombie(project: string): Promise<Holder> {
  const script = '"$0" --import tsx "$1" "$2" & exec sleep 1000'
  const parent = new Holder('sh', ['-c', script, process.execPath, SCRIPT, project])
  const pid = Number(await parent.said(/held by (\d+)/))
  process.kill(pid, 'SIGKILL')
  await vi.waitUntil(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '))
  return parent
}

const BOOT = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** Holders that cannot be seen from here: what their labels say about the process. */
export const ELSEWHERE = {
  'on another host': {host: 'elsewhere', process: '11111111-2222-3333-4444-555555555555 pid:[4026531836] 4711'},
  'in another container of this host': {host: hostname(), process: `${BOOT} pid:[4026539999] 4711`},
}

export interface Foreigner {
  readonly host: string
  readonly process: string
  /** Undefined: a version of stackctl that did not renew its lock. */
  readonly lease?: string
  /** Age of its last heartbeat; without it there is none. */
  readonly heartbeatAgeMs?: number
}

/** Puts the lock of a holder elsewhere at the engine, and answers its id. */
export async function foreignLock(engine: Engine, project: string, holder: Foreigner): Promise<string> {
  const id = await engine.createContainer(lockName(project), {
    Image: 'stackctl/empty:1',
    Cmd: ['never-started'],
    Labels: {
      'dev.stackctl.project': project,
      'dev.stackctl.role': 'lock',
      'dev.stackctl.lock.owner': 'ci',
      'dev.stackctl.lock.host': holder.host,
      'dev.stackctl.lock.pid': String(process.pid),
      'dev.stackctl.lock.process': holder.process,
      'dev.stackctl.lock.command': 'deploy',
      ...(holder.lease !== undefined && {'dev.stackctl.lock.lease': holder.lease}),
    },
  })
  if (holder.heartbeatAgeMs !== undefined) await setHeartbeat(engine, id, holder.heartbeatAgeMs)
  return id
}

/** Writes a heartbeat of an age, by the engine's clock. */
export async function setHeartbeat(engine: Engine, id: string, ageMs: number): Promise<void> {
  const {time} = await engine.info()
  const archive = pack()
  archive.entry({name: 'heartbeat', mtime: new Date(time.getTime() - ageMs)}, '')
  archive.finalize()
  await engine.putArchive(id, '/', await buffer(archive))
}
