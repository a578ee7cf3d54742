/** Sizes as docker compose writes them: `64m`, `1.5gb`, or a plain count of bytes. Units are powers of 1024. */
const POWER: Readonly<Record<string, number>> = {'': 0, k: 1, m: 2, g: 3, t: 4, p: 5}

/** Bytes of a size; undefined when the text is none. `-1` (unlimited) stays what it is. */
export function parseSizeBytes(value: number | string): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  const match = /^(-?\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(value.trim())
  if (!match) return undefined
  return Math.floor(Number(match[1]) * 1024 ** (POWER[(match[2] ?? '').toLowerCase()] ?? 0))
}
