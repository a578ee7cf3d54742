/**
 * One shell that stays open in the router's container and runs every command of a run. An `exec` per command costs the
 * engine 30 to 60 ms, and ten times that on a busy machine; a command in a shell that is there costs a few.
 *
 * The shell ends with its stdin: also when this process is killed, because the engine closes it then.
 */
import type {Duplex} from 'node:stream'

import {randomBytes} from 'node:crypto'

import type {Engine, ExecResult} from '../engine/engine.js'

import {EngineError} from '../errors.js'

export interface ShellCommand {
  /** A script for `sh`. */
  readonly script: string
  /** Text. */
  readonly stdin?: string | undefined
  readonly timeoutMs: number
}

/** Exit codes of a command that did not end: its shell went away, or it took too long. */
export const KILLED = 137
const TIMED_OUT = 124

export class RouterShell {
  readonly #engine: Engine
  readonly #container: string
  #open: OpenShell | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(engine: Engine, container: string) {
    this.#engine = engine
    this.#container = container
  }

  /**
   * Runs a command after those that were given before. Answers undefined when there is no shell to run it: the router
   * does not run, the engine gives no stream, or it was closed.
   */
  async run(command: ShellCommand): Promise<ExecResult | undefined> {
    const turn = this.#turn.then(() => this.#run(command))
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Ends the shell. Commands that come later find none. */
  close(): void {
    this.#isClosed = true
    this.forget()
  }

  /** Ends the shell, and the next command opens another one: the container is not the same any more. */
  forget(): void {
    this.#open?.end()
    this.#open = undefined
  }

  async #run(command: ShellCommand): Promise<ExecResult | undefined> {
    const shell = await this.#opened()
    return shell?.run(command)
  }

  async #opened(): Promise<OpenShell | undefined> {
    // A stream that is open knows nothing of a lock that was lost; every look at the engine does, and throws.
    const {execStream} = this.#engine
    if (this.#isClosed) return undefined
    if (this.#open?.isAlive) return this.#open
    try {
      const opened = new OpenShell(await execStream(this.#container, ['sh']))
      if (this.#isClosed) opened.end()
      this.#open = this.#isClosed ? undefined : opened
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      this.#open = undefined
    }

    return this.#open
  }
}

class OpenShell {
  readonly #stream: Duplex
  /** In no output by chance. */
  readonly #mark = randomBytes(16).toString('hex')
  #received: Buffer[] = []
  #settle: ((result: ExecResult) => void) | undefined
  #isAlive = true

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
    // Why it ended does not matter: a command that needs to know is given again, to an exec of its own.
    stream.on('error', () => this.end())
    stream.on('close', () => this.end())
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** One at a time. */
  async run({script, stdin, timeoutMs}: ShellCommand): Promise<ExecResult> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end(TIMED_OUT), timeoutMs)
      this.#settle = (result) => {
        clearTimeout(timer)
        this.#settle = undefined
        resolve(result)
      }
      if (this.#isAlive) this.#stream.write(this.#framed(script, stdin))
      else this.end()
    })
  }

  end(exitCode = KILLED): void {
    this.#isAlive = false
    this.#stream.destroy()
    this.#settle?.({exitCode, stdout: '', stderr: 'the connection to the router was cut'})
  }

  /** What the command writes to stdout comes as it is, then the mark, its exit code, its stderr, and the mark again. */
  #framed(script: string, stdin: string | undefined): string {
    const mark = this.#mark
    const input = stdin === undefined ? '</dev/null' : `<<'${mark}'`
    const text = stdin === undefined ? '' : `${stdin}${stdin.endsWith('\n') ? '' : '\n'}${mark}\n`
    const command = `r=0; { e=$( { ${script}; } 2>&1 >&3 3>&- ${input}\n${text}) || r=$?; } 3>&1`
    return `${command}; printf '%s %d %s\\n%s.\\n' ${mark} "$r" "$e" ${mark}\n`
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk)
    // The end is looked for where it can be only: the answers are long and come in many pieces.
    const end = Buffer.from(`\n${this.#mark}.\n`)
    const tail = Buffer.concat(this.#received.slice(-END_PIECES))
    if (!tail.subarray(-end.length).equals(end)) return
    const answer = Buffer.concat(this.#received).subarray(0, -end.length).toString('utf8')
    this.#received = []
    const at = answer.lastIndexOf(`${this.#mark} `)
    const [, code = '', stderr = ''] = /^\S+ (\d+) (.*)$/s.exec(answer.slice(at)) ?? []
    this.#settle?.({exitCode: Number(code), stdout: answer.slice(0, at), stderr})
  }
}

/** The last bytes may arrive one by one. */
const END_PIECES = 64
