import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process'
import {Duplex} from 'node:stream'

/**
 * A connection to an engine on another host: the system's own `ssh` runs `docker system dial-stdio` there, so that the
 * user's keys, agent, known hosts, jump hosts and connection sharing apply.
 */
import type {Endpoint} from './endpoint.js'

export type SshEndpoint = Extract<Endpoint, {kind: 'ssh'}>

const STDERR_LIMIT_CHARS = 4000

/** Starts ssh and answers its stdin and stdout as one stream with the few socket methods that node's http needs. */
export function dialSsh(endpoint: SshEndpoint): Duplex {
  return new SshSocket(spawn('ssh', sshArguments(endpoint), {env: {...endpoint.env}, stdio: ['pipe', 'pipe', 'pipe']}))
}

/** The arguments of `ssh`. BatchMode: a deploy has many connections and none may stop to ask for a password. */
export function sshArguments({host, port, user, socketPath}: Omit<SshEndpoint, 'env'>): string[] {
  return [
    '-o',
    'BatchMode=yes',
    '-o',
    'ConnectTimeout=15',
    '-T',
    ...(user === '' ? [] : ['-l', user]),
    ...(port === '' ? [] : ['-p', port]),
    '--',
    host,
    'docker',
    ...(socketPath === '' ? [] : ['--host', `unix://${quoteForShell(socketPath)}`]),
    'system',
    'dial-stdio',
  ]
}

/** The far side's shell reads the words that ssh sends. */
function quoteForShell(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

class SshSocket extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams
  #stderr = ''
  #received = false

  constructor(child: ChildProcessWithoutNullStreams) {
    super({allowHalfOpen: false})
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => {
      this.#received = true
      if (!this.push(chunk)) child.stdout.pause()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_LIMIT_CHARS)
    })
    // Bytes that the far side no longer reads are no error of their own: the exit says what happened.
    child.stdin.on('error', () => {})
    child.on('error', (error) => this.destroy(sshFailure(`cannot run ssh: ${error.message}`, error)))
    child.on('close', (code) => this.#finish(code))
  }

  #finish(code: number | null): void {
    if (this.#received || this.destroyed) {
      this.push(null)
      return
    }

    const said = lastLine(this.#stderr) || `ssh ended with exit code ${code ?? 'unknown'}`
    this.destroy(sshFailure(said))
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin.write(chunk, encoding, () => done())
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill()
    done(error)
  }

  ref(): this {
    for (const part of this.#parts()) part.ref()
    return this
  }

  /** An idle connection must not keep the process alive. */
  unref(): this {
    for (const part of this.#parts()) part.unref()
    return this
  }

  #parts(): {ref(): void; unref(): void}[] {
    const {stdin, stdout, stderr} = this.#child
    return [this.#child, ...([stdin, stdout, stderr] as unknown as {ref(): void; unref(): void}[])]
  }

  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? ''
}

function sshFailure(message: string, cause?: Error): Error {
  return Object.assign(new Error(message, {cause}), {code: 'ESSH'})
}
