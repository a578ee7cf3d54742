import type {ImageBuildOptions} from 'dockerode'
import type {Readable} from 'node:stream'

/** Image builds: BuildKit where the engine has it, else its classic builder. */
import type {EngineClient} from './client.js'
import type {BuildRequest, Engine} from './engine.js'

import {ImageError} from '../errors.js'
import {buildFailure, BuildOutput, exitCodeOf, type FailedStep} from './build-output.js'
import {decodeBuildStatus} from './buildkit-status.js'
import {jsonLines} from './json-lines.js'
import {LineSplitter} from './lines.js'

const KEPT_LINES = 20
const TRACE = 'moby.buildkit.trace'

export function buildCalls(client: EngineClient): Pick<Engine, 'buildImage'> {
  return {buildImage: (request) => buildImage(client, request)}
}

async function buildImage(client: EngineClient, request: BuildRequest): Promise<string> {
  request.signal?.throwIfAborted()
  try {
    return await buildWith(client, request, '2')
  } catch (error) {
    if (!hasNoBuildKit(error) || request.context.readableDidRead) throw error
    request.onProgress('the engine has no BuildKit: using its classic builder')
    return await buildWith(client, request, '1')
  } finally {
    request.context.destroy()
  }
}

/** The session is opened before the context is sent; an engine without BuildKit has no such endpoint. */
function hasNoBuildKit(error: unknown): boolean {
  const statusCode = (error as {statusCode?: number}).statusCode ?? 0
  return [404, 405, 501].includes(statusCode)
}

async function buildWith(client: EngineClient, request: BuildRequest, version: '1' | '2'): Promise<string> {
  const {signal} = request
  const what = `build ${request.tags[0] ?? 'an image'}`
  const line = await client.openLine()
  const cut = () => line.close()
  signal?.addEventListener('abort', cut, {once: true})
  try {
    const answer = await line.docker.buildImage(request.context, optionsOf(request, version))
    return await readAnswer(answer as Readable, request.onProgress)
  } catch (error) {
    throw client.failure({what, signal}, error)
  } finally {
    signal?.removeEventListener('abort', cut)
    // dockerode leaves its BuildKit session open when a build does not come to its end.
    line.close()
  }
}

function optionsOf(request: BuildRequest, version: '1' | '2'): ImageBuildOptions {
  const {dockerfile, tags, args, labels, target, platform, network} = request
  const options = {
    version,
    dockerfile,
    t: [...tags],
    buildargs: args,
    labels,
    rm: true,
    forcerm: true,
    ...(target && {target}),
    ...(platform && {platform}),
    ...(network && {networkmode: network}),
    ...(request.noCache && {nocache: true}),
    ...(request.pull && {pull: true}),
    ...(request.cacheFrom?.length && {cachefrom: [...request.cacheFrom]}),
    ...(request.extraHosts?.length && {extrahosts: [...request.extraHosts]}),
    ...(request.shmSizeBytes !== undefined && {shmsize: request.shmSizeBytes}),
  }
  // The types allow one tag and one host where the API takes repeated parameters.
  return options as unknown as ImageBuildOptions
}

interface BuildMessage {
  readonly id?: string
  readonly aux?: string | {readonly ID?: string}
  readonly stream?: string
  readonly error?: string
}

async function readAnswer(answer: Readable, onProgress: (line: string) => void): Promise<string> {
  const output = new BuildOutput(onProgress)
  const classic = new ClassicOutput(onProgress)
  let imageId = ''
  for await (const {id, aux, stream, error} of jsonLines<BuildMessage>(answer)) {
    if (id === TRACE && typeof aux === 'string') output.take(decodeBuildStatus(Buffer.from(aux, 'base64')))
    else if (typeof aux === 'object' && aux.ID) imageId = aux.ID
    else if (stream !== undefined) classic.take(stream)
    else if (error !== undefined) throw buildFailure(error, output.failed ?? classic.failedWith(error))
  }

  if (imageId === '') throw new ImageError('the build ended without an image', {suggestions: ['Run the command again']})
  return imageId
}

/** The classic builder prints one stream of text in which `Step 2/3 : RUN x` starts a step. */
class ClassicOutput {
  readonly #splitter = new LineSplitter()
  readonly #onLine: (line: string) => void
  #instruction = ''
  #lines: string[] = []

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  take(text: string): void {
    for (const line of this.#splitter.push(Buffer.from(text))) this.#line(line)
  }

  failedWith(error: string): FailedStep | undefined {
    if (this.#instruction === '') return undefined
    return {instruction: this.#instruction, error, exitCode: exitCodeOf(error), lines: this.#lines}
  }

  #line(line: string): void {
    const step = /^Step (?<counter>\d+\/\d+) : (?<instruction>.*)$/.exec(line)?.groups
    if (step) {
      this.#instruction = step.instruction ?? ''
      this.#lines = []
      this.#onLine(`[${step.counter}] ${this.#instruction}`)
    } else if (!/^ ---> |^$|^Removing intermediate container/.test(line)) {
      this.#lines = [...this.#lines, line].slice(-KEPT_LINES)
      this.#onLine(line)
    }
  }
}
