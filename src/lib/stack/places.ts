import type {Document, LineCounter, Node} from 'yaml'

/**
 * Where something stands in the files of a stack: `compose.yaml:12`, for messages.
 *
 * Best effort: docker compose resolves anchors, `extends` and `include`, and its output has no positions.
 */
import {readFileSync} from 'node:fs'
import path from 'node:path'

export interface Places {
  /** Where `services.web.ports` is written, else its nearest parent; undefined when nothing of it is found. */
  ofKey(keys: readonly string[]): string | undefined
  /** Where `$NAME` or `${NAME…}` is used. */
  ofVariable(name: string): string | undefined
  /** The first line that has the text. */
  ofText(text: string): string | undefined
  /** The first file that is not YAML, and the line. */
  malformed(): {file: string; line: number} | undefined
  /** The value at a key of the first file that has it. */
  valueOf(keys: readonly string[]): unknown
}

/** Reads the files (and those that they include) to find places in them. */
export async function findPlaces(files: readonly string[], envFile?: string): Promise<Places> {
  const yaml = await import('yaml')
  const sources = withIncludes(
    files,
    (text, lines) => yaml.parseDocument(text, {lineCounter: lines, logLevel: 'silent'}),
    () => new yaml.LineCounter(),
  )
  const envText = envFile === undefined ? undefined : readText(envFile)
  const texts = envFile === undefined || envText === undefined ? sources : [...sources, {file: envFile, text: envText}]
  return {
    ofKey: (keys) => deepest(sources, keys, yaml.isMap),
    ofVariable: (name) => lineOf(texts, new RegExp(String.raw`(?<!\$)\$(?:${name}\b|\{${name}\b)`)),
    ofText: (text) => lineOf(texts, new RegExp(text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))),
    malformed: () => firstMalformed(sources),
    valueOf: (keys) =>
      sources.map(({document}) => document.getIn(keys)).find((value) => value !== undefined && value !== null),
  }
}

interface Text {
  readonly file: string
  readonly text: string
}

interface Source extends Text {
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

type Parse = (text: string, lines: LineCounter) => Document.Parsed

function withIncludes(files: readonly string[], parse: Parse, newLines: () => LineCounter): Source[] {
  const sources = new Map<string, Source>()
  const queue = [...files]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const text = sources.has(file) ? undefined : readText(file)
    if (text === undefined) continue
    const lines = newLines()
    const source = {file, text, lines, document: parse(text, lines)}
    sources.set(file, source)
    queue.push(...includedFiles(source))
  }

  return [...sources.values()]
}

/** undefined for what cannot be read: a place is a help, and its absence no further error. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function includedFiles({file, document}: Source): string[] {
  if (document.errors.length > 0) return []
  const content: unknown = document.toJS({maxAliasCount: -1})
  const {include} = (content ?? {}) as {include?: unknown}
  if (!Array.isArray(include)) return []
  const paths = include.flatMap((entry: unknown) =>
    typeof entry === 'object' && entry !== null ? (entry as {path?: unknown}).path : entry,
  )
  return paths
    .filter((entry): entry is string => typeof entry === 'string')
    .map((entry) => path.resolve(path.dirname(file), entry))
}

/** The place of the longest part of the path that some file has; later files win, as they do in docker compose. */
function deepest(
  sources: readonly Source[],
  keys: readonly string[],
  isMap: (node: unknown) => boolean,
): string | undefined {
  let best: {depth: number; place: string} | undefined
  for (const source of sources) {
    const found = walk(source.document.contents, keys, isMap)
    if (found === undefined || found.depth < (best?.depth ?? 1)) continue
    best = {depth: found.depth, place: `${source.file}:${source.lines.linePos(found.offset).line}`}
  }

  return best?.place
}

interface MapLike {
  readonly items: readonly {key: {value?: unknown; range?: readonly number[] | null}; value: unknown}[]
}

function walk(
  root: Node | null,
  keys: readonly string[],
  isMap: (node: unknown) => boolean,
): {depth: number; offset: number} | undefined {
  let node: unknown = root
  let found: {depth: number; offset: number} | undefined
  for (const [index, key] of keys.entries()) {
    if (!isMap(node)) return found
    const pair = (node as MapLike).items.find((item) => String(item.key.value) === key)
    if (pair === undefined) return found
    found = {depth: index + 1, offset: pair.key.range?.[0] ?? 0}
    node = pair.value
  }

  return found
}

function lineOf(texts: readonly Text[], pattern: RegExp): string | undefined {
  for (const {file, text} of texts) {
    const index = text.split('\n').findIndex((line) => pattern.test(line.replace(/^\s*#.*/, '')))
    if (index !== -1) return `${file}:${index + 1}`
  }

  return undefined
}

function firstMalformed(sources: readonly Source[]): {file: string; line: number} | undefined {
  for (const {file, document, lines} of sources) {
    const [error] = document.errors
    if (error !== undefined) return {file, line: lines.linePos(error.pos[0]).line}
  }

  return undefined
}
