/** JSON with sorted keys and without undefined: two equal values have one text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  // Code-unit order: the same on every machine, whatever its locale.
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  // A prototype-less object keeps keys such as `__proto__` as data.
  const result = Object.create(null) as Record<string, unknown>
  for (const [key, member] of entries) result[key] = sorted(member)
  return result
}
