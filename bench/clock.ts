/** Times commands side by side: A B A B …, medians and the ratio pair by pair, because the machine is never quiet. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'

export interface Timed {
  readonly exitCode: number
  readonly ms: number
}

export async function time(argv: readonly string[], options: {cwd: string}): Promise<Timed> {
  const started = performance.now()
  const [command = '', ...args] = argv
  const child = spawn(command, args, {cwd: options.cwd, stdio: 'ignore'})
  const [code] = (await once(child, 'close')) as [number | null]
  return {exitCode: code ?? -1, ms: performance.now() - started}
}

export async function sideBySide(
  one: readonly string[],
  other: readonly string[],
  options: {cwd: string; runs: number},
): Promise<{oneMs: number; otherMs: number; ratio: number}> {
  const pairs: {one: number; other: number}[] = []
  for (let run = 0; run <= options.runs; run += 1) {
    pairs.push({one: (await time(one, options)).ms, other: (await time(other, options)).ms})
  }

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
