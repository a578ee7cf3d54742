/** The images that a build starts from: `FROM`, `COPY --from` and `RUN --mount from=` of the stages it needs. PURE. */
import {type Instruction, parseDockerfile} from './dockerfile.js'

export interface BaseImage {
  readonly reference: string
  /** Line of the Dockerfile that names it. */
  readonly line: number
}

export interface BaseImageOptions {
  readonly args: Readonly<Record<string, string>>
  /** Stage to build; undefined = the last. */
  readonly target?: string | undefined
}

interface Stage {
  readonly name: string
  /** Stages and images that it is made of. */
  readonly sources: BaseImage[]
}

/** Each image once, in the order of the file. `scratch` and the file's own stages are none. */
export function baseImages(dockerfile: string, {args, target}: BaseImageOptions): BaseImage[] {
  const stages = readStages(parseDockerfile(dockerfile), args)
  const wanted = target === undefined ? stages.length - 1 : stageIndex(stages, target, stages.length)
  const found: BaseImage[] = []
  collect({stages, found, seen: new Set()}, wanted === -1 ? stages.length - 1 : wanted)
  return found.toSorted((one, other) => one.line - other.line)
}

interface Walk {
  readonly stages: readonly Stage[]
  readonly found: BaseImage[]
  readonly seen: Set<number>
}

function collect(walk: Walk, index: number): void {
  const stage = walk.stages[index]
  if (stage === undefined || walk.seen.has(index)) return
  walk.seen.add(index)
  for (const source of stage.sources) {
    const earlier = stageIndex(walk.stages, source.reference, index)
    if (earlier !== -1) collect(walk, earlier)
    else if (isImage(source, walk.found)) walk.found.push(source)
  }
}

function isImage({reference}: BaseImage, found: readonly BaseImage[]): boolean {
  return reference !== '' && reference !== 'scratch' && !found.some((known) => known.reference === reference)
}

/** A stage by name or number, among those before `limit`; the last of two equal names counts. */
function stageIndex(stages: readonly Stage[], name: string, limit: number): number {
  if (/^\d+$/.test(name) && Number(name) < limit) return Number(name)
  return stages.slice(0, limit).findLastIndex((stage) => stage.name !== '' && stage.name === name.toLowerCase())
}

function readStages(instructions: readonly Instruction[], args: Readonly<Record<string, string>>): Stage[] {
  const stages: Stage[] = []
  const variables: Record<string, string> = {...platformArguments(), ...pick(args, platformArguments())}
  for (const {keyword, text, line} of instructions) {
    const stage = stages.at(-1)
    if (keyword === 'FROM') stages.push(stageOf(text, line, variables))
    else if (keyword === 'ARG' && stage === undefined) declare(variables, text, args)
    else if (stage) stage.sources.push(...sourcesOf(keyword, text).map((reference) => ({reference, line})))
  }

  return stages
}

/** BuildKit's own arguments, for this machine's kind of engine. */
function platformArguments(): Record<string, string> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const platform = `linux/${arch}`
  return {
    BUILDPLATFORM: platform,
    BUILDOS: 'linux',
    BUILDARCH: arch,
    TARGETPLATFORM: platform,
    TARGETOS: 'linux',
    TARGETARCH: arch,
    TARGETVARIANT: '',
  }
}

function pick(args: Readonly<Record<string, string>>, keys: object): Record<string, string> {
  return Object.fromEntries(Object.entries(args).filter(([name]) => name in keys))
}

/** `ARG NAME[=default]…` above the first FROM: the only arguments that a FROM sees. */
function declare(variables: Record<string, string>, text: string, args: Readonly<Record<string, string>>): void {
  for (const word of text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []) {
    const [name = '', ...rest] = word.split('=')
    const fallback = rest.length === 0 ? undefined : substitute(unquote(rest.join('=')), variables)
    const value = args[name] ?? fallback
    if (value !== undefined) variables[name] = value
  }
}

function stageOf(text: string, line: number, variables: Readonly<Record<string, string>>): Stage {
  const words = text.split(/\s+/).filter((word) => !word.startsWith('--'))
  const name = words[1]?.toLowerCase() === 'as' ? (words[2] ?? '') : ''
  return {name: name.toLowerCase(), sources: [{reference: substitute(unquote(words[0] ?? ''), variables), line}]}
}

/** `COPY --from=x` and `RUN --mount=type=bind,from=x`; a variable in there is never expanded by the builder. */
function sourcesOf(keyword: string, text: string): string[] {
  const flags = /^(?:--\S+\s+)*/.exec(text)?.[0].trim().split(/\s+/) ?? []
  if (keyword === 'COPY') return flags.flatMap((flag) => (flag.startsWith('--from=') ? [flag.slice(7)] : []))
  if (keyword !== 'RUN') return []
  return flags.flatMap((flag) => /^--mount=(?:.*,)?from=(?<from>[^,]+)/.exec(flag)?.groups?.from ?? [])
}

function unquote(word: string): string {
  return word.replaceAll(/["']/g, '')
}

/** `$A`, `${A}`, `${A:-default}`, `${A-default}`, `${A:+other}`. */
export function substitute(word: string, variables: Readonly<Record<string, string>>): string {
  return word.replaceAll(
    /\$(?:(?<plain>\w+)|\{(?<name>\w+)(?:(?<operator>:?[-+])(?<operand>(?:[^{}]|\{[^{}]*\})*))?\})/g,
    (...match) => {
      const {plain, name, operator, operand} = match.at(-1) as Record<string, string | undefined>
      const value = variables[plain ?? name ?? '']
      if (operator === undefined) return value ?? ''
      const isSet = operator.startsWith(':') ? Boolean(value) : value !== undefined
      const other = substitute(operand ?? '', variables)
      return operator.endsWith('-') ? (isSet ? (value ?? '') : other) : isSet ? other : ''
    },
  )
}
