/** What a build prints: status messages in, readable lines out, and the story of the step that failed. */
import type {BuildStatus, Vertex} from './buildkit-status.js'

import {ImageError} from '../errors.js'
import {engineWords, isDiskFull} from './docker-errors.js'
import {LineSplitter} from './lines.js'

const KEPT_LINES = 20
/** Steps of BuildKit's own housekeeping that succeed quietly. */
const INTERNAL = /^(?:\[internal\]|copy \/context|\[auth\]|exporting|importing cache|resolve image config)/

export interface FailedStep {
  /** `[2/3] RUN make` without the brackets: `RUN make`. */
  readonly instruction: string
  readonly error: string
  readonly exitCode: number | undefined
  /** The last lines that the step printed. */
  readonly lines: readonly string[]
}

interface Step {
  name: string
  isAnnounced: boolean
  readonly splitter: LineSplitter
  readonly lines: string[]
}

export class BuildOutput {
  readonly #steps = new Map<string, Step>()
  readonly #onLine: (line: string) => void
  #failed: FailedStep | undefined

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /** The step that failed; undefined while none has. */
  get failed(): FailedStep | undefined {
    return this.#failed
  }

  take({vertexes, logs}: BuildStatus): void {
    // Started steps first, then what they print, then how they end: a message may hold all three.
    for (const vertex of vertexes) this.#announce(vertex)
    for (const {vertex, message} of logs) this.#print(vertex, this.#step(vertex).splitter.push(message))
    for (const vertex of vertexes) if (vertex.completed) this.#complete(vertex)
  }

  #announce({digest, name, started, completed, cached}: Vertex): void {
    const step = this.#step(digest)
    if (name !== '') step.name = withoutDefaultStage(name)
    if (!started || step.isAnnounced || INTERNAL.test(step.name)) return
    step.isAnnounced = true
    this.#onLine(completed && cached ? `CACHED ${step.name}` : step.name)
  }

  #complete({digest, error}: Vertex): void {
    const step = this.#step(digest)
    this.#print(digest, step.splitter.end())
    // A step that was cancelled because another failed has an error too; the first one is the cause.
    if (error === '' || this.#failed || error.includes('context canceled')) return
    this.#failed = {instruction: withoutCounter(step.name), error, exitCode: exitCodeOf(error), lines: [...step.lines]}
  }

  #print(digest: string, lines: readonly string[]): void {
    const kept = this.#step(digest).lines
    for (const line of lines) {
      this.#onLine(line)
      kept.push(line)
      if (kept.length > KEPT_LINES) kept.shift()
    }
  }

  #step(digest: string): Step {
    const known = this.#steps.get(digest)
    if (known) return known
    const step: Step = {name: '', isAnnounced: false, splitter: new LineSplitter(), lines: []}
    this.#steps.set(digest, step)
    return step
  }
}

/** The exit code in BuildKit's and the classic builder's sentences. */
export function exitCodeOf(error: string): number | undefined {
  const code = /exit code: (?<code>\d+)|returned a non-zero code: (?<classic>\d+)/.exec(error)?.groups
  const digits = code?.code ?? code?.classic
  return digits === undefined ? undefined : Number(digits)
}

/** A failed build: what failed and the last lines that it printed. */
export function buildFailure(error: string, failed: FailedStep | undefined): Error {
  const said = engineWords(error)
  if (isDiskFull(said) || isDiskFull(failed?.error ?? '')) {
    return new ImageError("cannot build: no space left on the engine's disk", {
      suggestions: ['docker system df', 'docker builder prune'],
    })
  }

  const {instruction = '', lines = []} = failed ?? {}
  const exitCode = failed?.exitCode ?? exitCodeOf(said)
  const ending = exitCode === undefined ? shortReason(failed?.error || said) : `exit code ${exitCode}`
  const dockerfileLine = parseErrorLine(said)
  return new ImageError(instruction === '' ? ending : `${instruction} failed: ${ending}`, {
    facts: {instruction, exitCode, lines, engine: said, ...(dockerfileLine !== undefined && {dockerfileLine})},
  })
}

function parseErrorLine(said: string): number | undefined {
  const line = /parse error (?:on )?line (?<line>\d+)/.exec(said)?.groups?.line
  return line === undefined ? undefined : Number(line)
}

/** The innermost reason of BuildKit's chain of wrappers. */
function shortReason(said: string): string {
  return said
    .replace(/^failed to solve(?: with frontend [\w.]+)?: /, '')
    .replace(/^failed to (?:create LLB definition|read dockerfile|compute cache key)[^:]*: /, '')
    .replace(/: not found: not found$/, ': not found')
    .replace(/not found: not found$/, 'not found')
}

/** `[stage-0 2/3] RUN x` → `[2/3] RUN x`: the Dockerfile has no stage of that name. */
function withoutDefaultStage(name: string): string {
  return name.replace(/^\[stage-\d+\s+/, '[').replaceAll(/\s+/g, ' ')
}

function withoutCounter(name: string): string {
  return name.replace(/^\[[^\]]*\] /, '')
}
