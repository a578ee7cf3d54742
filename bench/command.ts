/** Runs commands and times them, one alone or two side by side. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import path from 'node:path'

/** The CLI as it is installed: built before the bench is run. `STACKCTL_BIN` names another build. */
export const STACKCTL: readonly string[] = [
  process.execPath,
  process.env.STACKCTL_BIN ?? path.resolve(import.meta.dirname, '../bin/run.js'),
]

export interface Where {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Run {
  readonly exitCode: number
  readonly ms: number
  /** stdout and stderr, for messages. */
  readonly output: string
}

/** Runs a command to its end. */
export async function run(argv: readonly string[], where: Where): Promise<Run> {
  const started = performance.now()
  const [command = '', ...args] = argv
  const child = spawn(command, args, {cwd: where.cwd, env: where.env, stdio: ['ignore', 'pipe', 'pipe']})
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return {exitCode: code ?? -1, ms: performance.now() - started, output}
}

/** The same, and it has to succeed. */
export async function must(argv: readonly string[], where: Where): Promise<Run> {
  const result = await run(argv, where)
  if (result.exitCode === 0) return result
  throw new Error(`${argv.join(' ')} ended with exit code ${result.exitCode}:\n${result.output.slice(-2000)}`)
}

export interface Pair {
  readonly oneMs: number
  readonly otherMs: number
  /** Median of the ratios pair by pair. */
  readonly ratio: number
}

/** A B A B …, medians and the ratio pair by pair, because the machine is never quiet. The first pair warms caches up and is not counted. */
export async function sideBySide(
  one: () => Promise<number>,
  other: () => Promise<number>,
  rounds: number,
): Promise<Pair> {
  const pairs: {one: number; other: number}[] = []
  for (let round = 0; round <= rounds; round += 1) pairs.push({one: await one(), other: await other()})
  const counted = pairs.slice(1)
  return {
    oneMs: median(counted.map((pair) => pair.one)),
    otherMs: median(counted.map((pair) => pair.other)),
    ratio: median(counted.map((pair) => pair.one / pair.other)),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
