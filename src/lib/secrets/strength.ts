/** PURE: is this value good enough to protect production? */
import {isPlaceholder} from './placeholder.js'

export type SecretProblem = 'missing' | 'empty' | 'default' | 'short' | 'weak' | 'exposed' | 'committed'

export type Finding = {
  readonly problem: SecretProblem
  /** What is wrong, without the value. */
  readonly detail: string
}

export type SecretContext = {
  /** Values that are public because they stand in `.env.example`. */
  readonly examples: ReadonlySet<string>
  /** Permission bits of the file that holds the value. */
  readonly mode?: number
  /** The file is tracked by git. */
  readonly isTracked?: boolean
}

const MIN_LENGTH = 16
const MIN_BITS = 64
const READABLE_BY_OTHERS = 0o004

/** Everything that is wrong with a secret; `undefined` as value means that there is none. */
export function judgeSecret(value: string | undefined, context: SecretContext): Finding[] {
  if (value === undefined) return [{problem: 'missing', detail: 'missing'}]
  return [...judgeValue(value.trim(), context.examples), ...judgeFile(context)]
}

/** Only the first problem of a value is told: a default is short as well. */
function judgeValue(value: string, examples: ReadonlySet<string>): Finding[] {
  if (value === '') return [{problem: 'empty', detail: 'empty'}]
  if (examples.has(value)) return [{problem: 'default', detail: 'the example value of .env.example'}]
  if (isPlaceholder(value)) return [{problem: 'default', detail: 'a placeholder or a well-known default'}]
  if (value.length < MIN_LENGTH) {
    return [{problem: 'short', detail: `shorter than ${MIN_LENGTH} characters`}]
  }

  if (estimateBits(value) < MIN_BITS)
    return [{problem: 'weak', detail: 'easy to guess: repeated, in sequence or too uniform'}]
  return []
}

function judgeFile({mode, isTracked}: SecretContext): Finding[] {
  const findings: Finding[] = []
  if (mode !== undefined && (mode & READABLE_BY_OTHERS) !== 0) {
    findings.push({
      problem: 'exposed',
      detail: `readable by every user of the host (mode ${(mode & 0o777).toString(8)})`,
    })
  }

  if (isTracked === true) findings.push({problem: 'committed', detail: 'committed to git'})
  return findings
}

/**
 * A careful upper bound of the guesses it takes, as bits: characters that only continue a repetition or a sequence
 * count nothing, and few different characters are a small alphabet. A bound, not a proof of randomness.
 */
export function estimateBits(value: string): number {
  const block = shortestPeriod(value)
  const characters = [...block]
  const distinct = new Set(characters).size
  const alphabet = distinct <= 6 ? distinct : alphabetSize(block)
  const informative = characters.filter((_, index) => !continuesRun(characters, index)).length
  return informative * Math.log2(Math.max(alphabet, 1))
}

/** `abcabcabc` is `abc`, three times. */
function shortestPeriod(value: string): string {
  for (let length = 1; length <= value.length / 2; length++) {
    const block = value.slice(0, length)
    if (block.repeat(Math.ceil(value.length / length)).startsWith(value)) return block
  }

  return value
}

function alphabetSize(value: string): number {
  if (/^[\da-f]+$/i.test(value)) return 16
  let size = 0
  if (/[a-z]/.test(value)) size += 26
  if (/[A-Z]/.test(value)) size += 26
  if (/\d/.test(value)) size += 10
  if (/[^\dA-Za-z]/.test(value)) size += 32
  return size
}

/** The third and later characters of `aaa`, `abc` or `321`. */
function continuesRun(characters: readonly string[], index: number): boolean {
  if (index < 2) return false
  const step = stepAt(characters, index)
  return Math.abs(step) <= 1 && step === stepAt(characters, index - 1)
}

function stepAt(characters: readonly string[], index: number): number {
  return (characters[index]?.codePointAt(0) ?? 0) - (characters[index - 1]?.codePointAt(0) ?? 0)
}
