/** Builds that the engine's API cannot do (secrets, ssh, other contexts, several platforms): `docker buildx bake`. */
import type {BuildStatus} from '../engine/buildkit-status.js'
import type {BuildOptions} from './build.js'

import {buildFailure, BuildOutput} from '../engine/build-output.js'
import {ImageError, UnreachableError} from '../errors.js'
import {additionalContexts, type BuildStack, type BuildTarget, isLocal} from './build-plan.js'

export interface BakeJob {
  readonly stack: BuildStack
  readonly target: BuildTarget
  readonly labels: Readonly<Record<string, string>>
}

const BUILDX_MISSING = /unknown (?:shorthand )?flag|is not a docker command|unknown command|unknown docker command/

/** Bakes one service and loads the image. Definition and arguments go through stdin: nothing of them is in argv. */
export async function bake(job: BakeJob, options: BuildOptions): Promise<void> {
  const {execa} = await import('execa')
  const argv = ['buildx', 'bake', '--file', '-', '--load', '--progress', 'rawjson', job.target.service.name]
  const running = execa('docker', argv, {
    cwd: job.stack.directory,
    // Newer versions ask before they read outside of the working directory; the compose file has answered that.
    env: {...options.env, BUILDX_BAKE_ENTITLEMENTS_FS: '0'},
    extendEnv: false,
    input: bakeDefinition(job),
    reject: false,
    buffer: false,
    all: true,
    ...(options.signal && {cancelSignal: options.signal}),
  })
  const progress = new BakeProgress(options.onLine)
  try {
    for await (const line of running.iterable({from: 'all'})) progress.take(line)
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error
  }

  const result = await running
  options.signal?.throwIfAborted()
  if (result.exitCode === 0) return
  throw bakeFailure(progress, result.exitCode)
}

function bakeFailure(progress: BakeProgress, exitCode: number | undefined): Error {
  const said = progress.lastPlainLines.join(' ')
  if (exitCode === undefined || BUILDX_MISSING.test(said)) {
    return new UnreachableError('docker buildx is needed for this build and cannot be run', {
      suggestions: ['Install docker buildx 0.13 or newer, or run scripts/setup'],
    })
  }

  const {failed} = progress.output
  if (failed) return buildFailure(failed.error, failed)
  const reason = progress.lastPlainLines.findLast((line) => /error/i.test(line)) ?? progress.lastPlainLines.at(-1)
  const words = reason?.replace(/^ERROR: /, '') ?? `docker buildx bake ended with exit code ${exitCode}`
  return new ImageError(words, {facts: {exitCode, lines: progress.lastPlainLines}})
}

/** A compose file with this one service: bake reads all of compose's build keys itself. */
export function bakeDefinition({stack, target, labels}: BakeJob): string {
  const {service, reference, spec} = target
  const {additional_contexts: _contexts, ...build} = service.compose.build ?? {}
  const contexts = bakeContexts(target, stack)
  const definition = {
    name: stack.project,
    services: {
      [service.name]: {
        image: reference,
        build: {
          ...build,
          ...(isLocal(spec) && {context: spec.contextDir, dockerfile: spec.dockerfile}),
          ...(spec.dockerfileInline !== undefined && {dockerfile: undefined}),
          ...(Object.keys(contexts).length > 0 && {additional_contexts: contexts}),
          labels: {...spec.labels, ...labels},
        },
      },
    },
    secrets: stack.compose.secrets ?? {},
  }
  // bake interpolates compose files once more.
  return JSON.stringify(definition).replaceAll('$', '$$$$')
}

/** `service:x` is docker compose's word for the image of another service, which is at the engine by now. */
function bakeContexts({service}: BuildTarget, {services}: BuildStack): Record<string, string> {
  const entries = Object.entries(additionalContexts(service)).map(([name, value]) => {
    const other = /^service:(?<name>.+)$/.exec(value)?.groups?.name
    const image = services.find((one) => one.name === other)?.image
    return [name, image === undefined ? value : `docker-image://${image}`]
  })
  return Object.fromEntries(entries) as Record<string, string>
}

interface RawStatus {
  readonly vertexes?: readonly {
    digest: string
    name?: string
    cached?: boolean
    started?: string
    completed?: string
    error?: string
  }[]
  readonly logs?: readonly {vertex: string; data?: string}[]
}

const KEPT_LINES = 20

/** `--progress=rawjson`: one JSON object after another, on one line or (before 0.14) on many; the rest is for people. */
class BakeProgress {
  readonly output: BuildOutput
  lastPlainLines: string[] = []
  #object: string[] = []
  readonly #onLine: (line: string) => void

  constructor(onLine: (line: string) => void) {
    this.output = new BuildOutput(onLine)
    this.#onLine = onLine
  }

  take(line: string): void {
    if (this.#object.length > 0 || line.startsWith('{')) this.#takeJson(line)
    else if (line.trim() !== '') this.#takePlain(line)
  }

  /** An object ends where a brace closes in the first column. */
  #takeJson(line: string): void {
    this.#object.push(line)
    const isWhole = line === '}' || (this.#object.length === 1 && line.endsWith('}'))
    if (!isWhole) return
    const lines = this.#object
    this.#object = []
    const status = parse(lines.join('\n'))
    if (status) this.output.take(status)
    else for (const plain of lines) this.#takePlain(plain)
  }

  #takePlain(line: string): void {
    this.lastPlainLines = [...this.lastPlainLines, line].slice(-KEPT_LINES)
    this.#onLine(line)
  }
}

function parse(json: string): BuildStatus | undefined {
  let raw: RawStatus
  try {
    raw = JSON.parse(json) as RawStatus
  } catch {
    return undefined
  }

  return {
    vertexes: (raw.vertexes ?? []).map(({digest, name = '', cached = false, started, completed, error = ''}) => ({
      digest,
      name,
      cached,
      started: started !== undefined,
      completed: completed !== undefined,
      error,
    })),
    logs: (raw.logs ?? []).map(({vertex, data = ''}) => ({vertex, message: Buffer.from(data, 'base64')})),
  }
}
