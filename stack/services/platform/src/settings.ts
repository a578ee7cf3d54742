import {readFileSync} from 'node:fs'

/** A setting from the environment; an empty value counts as missing. */
export function textSetting(name: string, fallback?: string): string {
  const value = process.env[name]
  if (value !== undefined && value !== '') return value
  if (fallback !== undefined) return fallback
  throw new Error(`${name} is not set; give it in the environment of this service`)
}

/** A whole number from the environment, within bounds. */
export function integerSetting(name: string, options: {fallback: number; min?: number; max?: number}): number {
  const {fallback, min = 0, max = Number.MAX_SAFE_INTEGER} = options
  const value = Number(textSetting(name, String(fallback)))
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  throw new Error(`${name} must be a whole number from ${min} to ${max}`)
}

/**
 * A secret from the file that `<NAME>_FILE` points to, by default `/run/secrets/<name>`. Secrets never come from the
 * environment itself: `docker inspect` would show them.
 */
export function secretSetting(name: string): string {
  const file = textSetting(`${name.toUpperCase()}_FILE`, `/run/secrets/${name}`)
  const value = readSecret(name, file)
  if (value === '') throw new Error(`the secret ${name} (${file}) is empty; make it again`)
  return value
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new Error(`the secret ${name} cannot be read from ${file} (${reason}); check its file, owner and mode`, {
      cause: error,
    })
  }
}
