import {type Duplex, finished} from 'node:stream'
import {setTimeout as sleep} from 'node:timers/promises'

/** Processes in running containers: run to the end, or a two-way byte stream. */
import type {EngineClient} from './client.js'
import type {Engine, ExecOptions, ExecResult} from './engine.js'

import {EngineError} from '../errors.js'
import {Demultiplexer, type OutputStream} from './demux.js'
import {isNotFound} from './docker-errors.js'
import {ExecDuplex, RUNTIME_FAILURE} from './exec-duplex.js'

const TIMED_OUT = 124
const EXIT_POLL_MS = 10
const EXIT_POLL_LIMIT_MS = 5000

export function execCalls(client: EngineClient): Pick<Engine, 'exec' | 'execStream'> {
  return {
    exec: (id, argv, options) => run(client, {id, argv}, options ?? {}),
    execStream: (id, argv, options) => openStream(client, {id, argv}, options?.user),
  }
}

interface Process {
  readonly id: string
  readonly argv: readonly string[]
}

interface Started {
  readonly execId: string
  readonly socket: Duplex
}

async function run(client: EngineClient, process: Process, options: ExecOptions): Promise<ExecResult> {
  options.signal?.throwIfAborted()
  const deadline = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs)
  const signal = AbortSignal.any([options.signal, deadline].filter((one) => one !== undefined))
  const output: Output = {stdout: [], stderr: []}
  try {
    const {execId, socket} = await start(client, process, {...options, signal})
    if (options.stdin !== undefined) socket.end(options.stdin)
    await collect(socket, output, signal)
    const exitCode = await exitCodeOf(client, execId)
    return resultOf(exitCode, output)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!deadline?.aborted)
      throw client.failure({what: `run ${process.argv[0]} in ${client.nameOf(process.id)}`}, error)
    return resultOf(TIMED_OUT, output)
  }
}

type Output = Record<OutputStream, Buffer[]>

/** What the engine says about a program that cannot be run arrives as the program's own stdout; it belongs to stderr. */
function resultOf(exitCode: number, output: Output): ExecResult {
  const stdout = textOf(output.stdout)
  const stderr = textOf(output.stderr)
  const isRuntimeFailure = (exitCode === 126 || exitCode === 127) && RUNTIME_FAILURE.test(stdout)
  return isRuntimeFailure ? {exitCode, stdout: '', stderr: stdout.trim()} : {exitCode, stdout, stderr}
}

function textOf(pieces: readonly Buffer[]): string {
  return Buffer.concat(pieces).toString('utf8')
}

/** Reads until the engine closes the connection; an abort destroys it. */
function collect(socket: Duplex, output: Output, signal: AbortSignal): Promise<void> {
  const demultiplexer = new Demultiplexer((stream, piece) => {
    output[stream].push(piece)
  })
  return new Promise((resolve, reject) => {
    const abandon = () => socket.destroy(signal.reason as Error)
    signal.addEventListener('abort', abandon, {once: true})
    if (signal.aborted) abandon()
    socket.on('data', (chunk: Buffer) => demultiplexer.push(chunk))
    finished(socket, {writable: false}, (error) => {
      signal.removeEventListener('abort', abandon)
      socket.destroy()
      if (error && !isStdinRefused(error)) reject(error)
      else resolve()
    })
  })
}

/** A process that ends without reading all of its stdin breaks the pipe; its exit code tells the story. */
function isStdinRefused(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE'
}

async function start(client: EngineClient, process: Process, options: ExecOptions): Promise<Started> {
  const {id, argv} = process
  const what = `run ${argv[0]} in ${client.nameOf(id)}`
  const body = {
    AttachStdin: options.stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    Cmd: argv,
    ...(options.user !== undefined && {User: options.user}),
    ...(options.env && {Env: options.env}),
  }
  const {signal} = options
  const {Id} = await client.json<{Id: string}>({what, method: 'POST', path: `/containers/${id}/exec`, body, signal})
  const startBody = {Detach: false, Tty: false}
  const socket = await client.hijack({what, method: 'POST', path: `/exec/${Id}/start`, body: startBody, signal})
  return {execId: Id, socket}
}

/** The engine closes the stream a moment before it notes the exit code. */
async function exitCodeOf(client: EngineClient, execId: string): Promise<number> {
  const call = {what: 'read the exit code of a process', path: `/exec/${execId}/json`}
  const deadline = Date.now() + EXIT_POLL_LIMIT_MS
  for (;;) {
    const {Running, ExitCode} = await client.json<{Running: boolean; ExitCode: number | null}>(call)
    if (!Running && ExitCode !== null) return ExitCode
    if (Date.now() > deadline)
      throw new EngineError('cannot read the exit code of a process: the engine does not note it')
    await sleep(EXIT_POLL_MS)
  }
}

async function openStream(client: EngineClient, process: Process, user: string | undefined): Promise<Duplex> {
  const options = {stdin: '', ...(user !== undefined && {user})}
  const {execId, socket} = await start(client, process, options)
  return new ExecDuplex(socket, {
    what: `run ${process.argv[0]} in ${client.nameOf(process.id)}`,
    exitCode: () =>
      exitCodeOf(client, execId).catch((error: unknown) => (isNotFound(error) ? 0 : Promise.reject(error as Error))),
  })
}
