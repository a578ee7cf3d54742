/** A value with two places, of which a write never touches the one that holds the newest readable version. */
import type {FoundFile, StateFiles} from './state-files.js'

export interface Version {
  readonly place: 'a' | 'b'
  /** Counted up with every write. */
  readonly sequence: number
  readonly value: unknown
}

const FILE = /^(?<name>.+)\.(?<place>[ab])\.json$/

/** The files of each name, without the place: `releases/0/7` → those of `releases/0/7.a.json` and `releases/0/7.b.json`. */
export function versionsByName(files: readonly FoundFile[]): Map<string, FoundFile[]> {
  const byName = new Map<string, FoundFile[]>()
  for (const file of files) {
    const name = FILE.exec(file.path)?.groups?.name
    if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), file])
  }

  return byName
}

/** The newest version that can be read, of the files of one name. */
export function newestVersion(files: readonly FoundFile[]): Version | undefined {
  const readable = files.flatMap((file) => versionIn(file) ?? [])
  return readable.toSorted((left, right) => right.sequence - left.sequence)[0]
}

/** Writes the next version beside the newest one and answers it. */
export async function writeVersion(
  files: StateFiles,
  {name, value, before}: {name: string; value: unknown; before: Version | undefined},
): Promise<Version> {
  const place = before?.place === 'a' ? 'b' : 'a'
  const sequence = (before?.sequence ?? 0) + 1
  await files.write([{path: `${name}.${place}.json`, content: JSON.stringify({sequence, value})}])
  return {place, sequence, value}
}

/** The value of a JSON text; undefined when it is cut short or something else altogether. */
export function jsonOf(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    // Half-written: whoever asks treats it like a file that is not there, and says so where it matters.
    return undefined
  }
}

function versionIn({path, content}: FoundFile): Version | undefined {
  const place = FILE.exec(path)?.groups?.place as Version['place'] | undefined
  const parsed = jsonOf(content) as Partial<Version> | undefined
  if (place === undefined || typeof parsed?.sequence !== 'number' || parsed.value === undefined) return undefined
  return {place, sequence: parsed.sequence, value: parsed.value}
}
