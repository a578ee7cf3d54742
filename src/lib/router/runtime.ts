/**
 * HAProxy's runtime API, spoken through socat inside the router's container: no port, works on remote engines.
 * Commands and fields: HAProxy 3.0 management guide, §9.3 ("Unix Socket commands") and §9.4 ("Master CLI").
 */
import type {Engine, ExecOptions, ExecResult} from '../engine/engine.js'
import type {Counters} from './counters.js'
import type {Revival} from './revival.js'
import type {PlacedServer} from './table.js'

import {EngineError} from '../errors.js'
import {parseCounters} from './counters.js'
import {ADMIN_SOCKET, CONFIG_PATH, MASTER_SOCKET} from './render.js'
import {parseServerStates, type ServerState} from './server-state.js'
import {KILLED, type RouterShell} from './shell.js'

const EXEC_TIMEOUT_MS = 10_000
/** Servers only, of every proxy. */
const STAT = 'show stat -1 4 -1'

export class RouterRuntime {
  readonly #engine: Engine
  readonly #container: string
  readonly #revival: Revival | undefined
  readonly #shell: RouterShell | undefined
  #mayHaveOldWorkers = true

  /**
   * Without `revival` a router that does not run is an error; with it the router is started again, once per call.
   * Without `shell` each command is an `exec` of its own.
   */
  constructor(
    engine: Engine,
    container: string,
    ways: {revival?: Revival | undefined; shell?: RouterShell | undefined} = {},
  ) {
    this.#engine = engine
    this.#container = container
    this.#revival = ways.revival
    this.#shell = ways.shell
  }

  /** The configuration file as it is; empty when there is none. */
  async readConfig(): Promise<string> {
    const {stdout} = await this.#sh(`cat ${CONFIG_PATH} 2>/dev/null || true`)
    return stdout
  }

  /** The file and what the running HAProxy makes of it, in one go: starting a process in a container is what takes the time. */
  async readBoth(): Promise<{config: string; states: ServerState[]; structure: string | undefined}> {
    const states = String.raw`printf 'show info; show servers state\n' | socat -t10 - UNIX-CONNECT:${ADMIN_SOCKET}`
    const {exitCode, stderr, stdout} = await this.#sh(
      String.raw`cat ${CONFIG_PATH} 2>/dev/null; printf '\0'; ${states}`,
    )
    if (exitCode !== 0) throw new EngineError(`the router does not answer: ${stderr.trim() || `exit ${exitCode}`}`)
    const [config = '', answer = ''] = stdout.split('\0')
    return {config, states: parseServerStates(answer), structure: parseDescription(answer)}
  }

  /** Writes the configuration: checked by HAProxy first, then put in place in one step. The old one stays when it is refused. */
  async writeConfig(config: string): Promise<void> {
    const next = `${CONFIG_PATH}.next`
    const script = `cat > ${next} && haproxy -c -q -f ${next} && sync ${next} && mv ${next} ${CONFIG_PATH}`
    const result = await this.#sh(script, config)
    if (result.exitCode !== 0) {
      const reason =
        (result.stderr || result.stdout)
          .trim()
          .split('\n')
          .find((line) => line.includes('[ALERT]')) ?? result.stderr.trim()
      throw new EngineError(`the router refused its new configuration: ${reason}`, {facts: {exitCode: result.exitCode}})
    }
  }

  /** Starts a new worker with the written configuration; the old one finishes what it has. */
  async reload(): Promise<void> {
    this.#mayHaveOldWorkers = true
    const answer = await this.#ask(MASTER_SOCKET, 'reload')
    if (!answer.includes('Success=1')) throw new EngineError(`the router did not reload: ${answer.trim()}`)
  }

  /** The structure that the running HAProxy was started with (render.ts); undefined when it does not say. */
  async structure(): Promise<string | undefined> {
    return parseDescription(await this.#ask(ADMIN_SOCKET, 'show info'))
  }

  /** True as soon as the current worker answers. Never starts the router. */
  async answers(): Promise<boolean> {
    const argv = ['socat', '-t10', '-', `UNIX-CONNECT:${ADMIN_SOCKET}`]
    const {exitCode, stdout} = await this.#execOnce(argv, {stdin: 'show info\n'})
    return exitCode === 0 && stdout.includes('Uptime_sec')
  }

  /**
   * Points a slot at a container and lets it take traffic. The address is given as well as the name: until the name is
   * resolved again the slot would go on with the address of the replica that had it before.
   */
  async setReady({address, backend, container, port, slot}: PlacedServer & {address: string}): Promise<void> {
    const name = `${backend}/s${slot}`
    await this.#command(
      `set server ${name} fqdn ${container}; set server ${name} addr ${address} port ${port}; set server ${name} state ready`,
    )
  }

  /** No new sessions; those in flight go on. */
  async setDrain(backend: string, slot: number): Promise<void> {
    await this.#command(`set server ${backend}/s${slot} state drain`)
  }

  async setMaintenance(backend: string, slot: number): Promise<void> {
    await this.#command(`set server ${backend}/s${slot} state maint`)
  }

  async serverStates(): Promise<ServerState[]> {
    return parseServerStates(await this.#ask(ADMIN_SOCKET, 'show servers state'))
  }

  /** What the current worker has counted. */
  async counters(): Promise<Counters> {
    return parseCounters(await this.#ask(ADMIN_SOCKET, `show info; ${STAT}`))
  }

  /** The same, and sessions in flight per `<backend>/<slot>`, those included that a reload left with an old worker. */
  async usage(): Promise<{counters: Counters; sessions: ReadonlyMap<string, number>}> {
    const sessions = new Map<string, number>()
    const counters = await this.counters()
    addSessions(sessions, counters)
    for (const pid of await this.#oldWorkers())
      addSessions(sessions, parseCounters(await this.#ask(MASTER_SOCKET, `@!${pid} ${STAT}`)))
    return {counters, sessions}
  }

  /** Workers of before a reload. Once there is none there will be none until the next reload. */
  async #oldWorkers(): Promise<number[]> {
    if (!this.#mayHaveOldWorkers) return []
    const pids = parseOldWorkers(await this.#ask(MASTER_SOCKET, 'show proc'))
    this.#mayHaveOldWorkers = pids.length > 0
    return pids
  }

  async canConnect(host: string, port: number): Promise<boolean> {
    // Not in the shell, where everything else would wait for it.
    const argv = ['socat', '-T1', '-u', '/dev/null', `TCP:${host}:${port},connect-timeout=2`]
    const {exitCode} = await this.#revived(
      () => this.#execOnce(argv),
      () => true,
    )
    return exitCode === 0
  }

  async #command(command: string): Promise<void> {
    const answer = await this.#ask(ADMIN_SOCKET, command)
    const complaint = answer.split('\n').find((line) => COMPLAINT.test(line))
    if (complaint !== undefined) throw new EngineError(`the router refused "${command}": ${complaint}`)
  }

  async #ask(socket: string, command: string): Promise<string> {
    const {exitCode, stderr, stdout} = await this.#socat(socket, command)
    if (exitCode !== 0)
      throw new EngineError(`the router does not answer "${command}": ${stderr.trim() || `exit ${exitCode}`}`)
    return stdout
  }

  async #socat(socket: string, command: string): Promise<ExecResult> {
    return this.#sh(`socat -t10 - UNIX-CONNECT:${socket}`, `${command}\n`)
  }

  async #sh(script: string, stdin?: string): Promise<ExecResult> {
    const inShell = async () => this.#shell?.run({script, stdin, timeoutMs: EXEC_TIMEOUT_MS})
    const alone = async () => this.#execOnce(['sh', '-c', script], stdin === undefined ? {} : {stdin})
    return this.#revived(async () => (await inShell()) ?? (await alone()))
  }

  async #execOnce(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return this.#engine.exec(this.#container, argv, {...options, timeoutMs: EXEC_TIMEOUT_MS})
  }

  /** Every command may be given twice: it says what shall be, not what shall change. */
  async #revived(
    attempt: () => Promise<ExecResult>,
    isAnswer = ({exitCode}: ExecResult): boolean => exitCode === 0,
  ): Promise<ExecResult> {
    const revivals = this.#revival?.count
    const look = async () => (await this.#revival?.attempt(() => this.answers())) ?? 'gone'
    try {
      const result = await attempt()
      if (isAnswer(result) || this.#revival === undefined) return result
      const isBack = (await look()) === 'revived' || this.#revival.count !== revivals || result.exitCode === KILLED
      return isBack ? await attempt() : result
    } catch (error) {
      if (!(error instanceof EngineError) || (await look()) === 'gone') throw error
      return attempt()
    }
  }
}

/** What the runtime API prints for a command that it did not carry out (it has no exit codes). */
const COMPLAINT = /^(no such|unknown|invalid|'?set server|backend .*not found|require|permission denied|unable)/i

function parseDescription(answer: string): string | undefined {
  return /^description: (\S+)$/m.exec(answer)?.[1]
}

function addSessions(totals: Map<string, number>, {servers}: Counters): void {
  for (const {backend, inFlight, slot} of servers) {
    const key = `${backend}/${slot}`
    totals.set(key, (totals.get(key) ?? 0) + inFlight)
  }
}

/** Pids of workers that a reload left behind and that still serve. */
export function parseOldWorkers(answer: string): number[] {
  const section = answer.split('# old workers')[1]?.split('#')[0] ?? ''
  return section
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1] === 'worker')
    .map((fields) => Number(fields[0]))
}
