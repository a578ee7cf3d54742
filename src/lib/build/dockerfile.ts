/**
 * As much of a Dockerfile as is needed to know which images it starts from and where an instruction stands:
 * parser directives, comments, continuation lines and here-documents. PURE.
 */
export interface Instruction {
  /** In capitals: `FROM`. */
  readonly keyword: string
  /** What follows the keyword, continuation lines joined. */
  readonly text: string
  /** First line, counted from 1. */
  readonly line: number
}

const HEREDOC_KEYWORDS = new Set(['ADD', 'COPY', 'RUN'])

export function parseDockerfile(content: string): Instruction[] {
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/)
  const reader: Reader = {lines, at: 0, escape: escapeCharacter(lines)}
  const instructions: Instruction[] = []
  while (reader.at < lines.length) {
    const instruction = readInstruction(reader)
    if (instruction) instructions.push(instruction)
  }

  return instructions
}

interface Reader {
  readonly lines: readonly string[]
  at: number
  readonly escape: string
}

/** `# escape=` counts only above everything else but other directives. */
function escapeCharacter(lines: readonly string[]): string {
  for (const line of lines) {
    const directive = /^\s*#\s*(?<name>\w+)\s*=\s*(?<value>\S+)\s*$/.exec(line)?.groups
    if (!directive) return '\\'
    if (directive.name?.toLowerCase() === 'escape') return directive.value ?? '\\'
  }

  return '\\'
}

function readInstruction(reader: Reader): Instruction | undefined {
  const line = reader.at + 1
  if (isSkipped(reader.lines[reader.at] ?? '')) {
    reader.at++
    return undefined
  }

  const logical = readLogicalLine(reader)
  const match = /^(?<keyword>\S+)(?:\s+(?<text>[\s\S]*))?$/.exec(logical)?.groups
  if (!match?.keyword) return undefined
  const keyword = match.keyword.toUpperCase()
  const text = (match.text ?? '').trim()
  if (HEREDOC_KEYWORDS.has(keyword)) for (const end of heredocEnds(text)) skipHeredoc(reader, end)
  return {keyword, text, line}
}

function isSkipped(line: string): boolean {
  return /^\s*(?:#|$)/.test(line)
}

/** Joins continuation lines; comments and empty lines between them do not end the instruction. */
function readLogicalLine(reader: Reader): string {
  let logical = ''
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at++] ?? ''
    if (logical !== '' && isSkipped(line)) continue
    const trimmed = line.trimEnd()
    if (!trimmed.endsWith(reader.escape)) return (logical + trimmed).trim()
    logical += trimmed.slice(0, -reader.escape.length)
  }

  return logical.trim()
}

interface HeredocEnd {
  readonly word: string
  /** `<<-`: the end may be indented by tabs. */
  readonly isIndented: boolean
}

function heredocEnds(text: string): HeredocEnd[] {
  return [...text.matchAll(/(?:^|\s)\d*<<(?<dash>-?)(?<quote>["']?)(?<word>[^\s"'<>|&;]+)\k<quote>/g)].map(
    ({groups}) => ({
      word: groups?.word ?? '',
      isIndented: groups?.dash === '-',
    }),
  )
}

function skipHeredoc(reader: Reader, {word, isIndented}: HeredocEnd): void {
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at++] ?? ''
    if ((isIndented ? line.replace(/^\t+/, '') : line) === word) return
  }
}
