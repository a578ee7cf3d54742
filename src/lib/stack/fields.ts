/** Small steps that every part of the translation to the Engine API takes. */

type Defined<T> = {[K in keyof T]?: Exclude<T[K], undefined>}

/** The object without keys whose value is undefined: the engine's default applies to those. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}

/** `service:db` as the engine wants it, `container:<id>`; anything else as it is. */
export function serviceReference(
  mode: string | undefined,
  containers: (service: string) => string,
): string | undefined {
  return mode?.startsWith('service:') ? `container:${containers(mode.slice('service:'.length))}` : mode
}

/** A file mode: compose prints a number, newer versions octal digits. */
export function fileMode(mode: number | string | undefined): number | undefined {
  return typeof mode === 'string' ? Number.parseInt(mode.replace(/^0o/, ''), 8) : mode
}
