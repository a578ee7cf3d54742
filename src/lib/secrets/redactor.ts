/** Takes secret values out of text, by value, at the places where text leaves. */
import {REDACTED} from '../stack/redact.js'

/** Shorter values occur in ordinary words; taking them out would destroy the text and hide nothing. */
const SHORTEST = 6

export class Redactor {
  readonly #values = new Set<string>()
  #pattern: RegExp | undefined

  /** Learns values that must not leave, in the forms in which text carries them. */
  add(values: Iterable<string>): void {
    for (const value of values) {
      for (const line of value.split(/\r?\n/)) this.#learn(line.trim())
      this.#learn(value.trim())
    }

    this.#pattern = undefined
  }

  /** The text with every known value replaced. */
  text(text: string): string {
    if (this.#values.size === 0) return text
    this.#pattern ??= patternOf(this.#values)
    return text.replace(this.#pattern, REDACTED)
  }

  /** A copy of a JSON-like value with every string redacted; keys stay. */
  data<T>(value: T): T {
    if (this.#values.size === 0) return value
    return this.#redact(value) as T
  }

  #learn(value: string): void {
    if (value.length < SHORTEST) return
    this.#values.add(value)
    this.#values.add(encodeURIComponent(value))
    this.#values.add(JSON.stringify(value).slice(1, -1))
    this.#values.add(Buffer.from(value).toString('base64'))
  }

  #redact(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return value.map((item) => this.#redact(item))
    if (value === null || typeof value !== 'object' || !isPlain(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#redact(item)]))
  }
}

/** Longest first, so that a value which contains another is taken out whole. */
function patternOf(values: ReadonlySet<string>): RegExp {
  const alternatives = [...values].toSorted((a, b) => b.length - a.length).map((value) => escaped(value))
  return new RegExp(alternatives.join('|'), 'g')
}

function escaped(literal: string): string {
  return literal.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`)
}

function isPlain(value: NonNullable<unknown>): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
