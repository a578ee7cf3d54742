/** PURE: the lines of a container's log as the engine hands them out, and how they are shown. */
import {styleText} from 'node:util'

import type {ContainerSummary, LogLine} from '../engine/engine.js'

import {LABELS} from '../labels.js'

export interface LogEntry {
  /** As the engine prints it: RFC 3339 with nine digits, so that entries sort as text. Empty when it has none. */
  readonly time: string
  readonly service: string
  /** What stands before the line: `web-1`. */
  readonly replica: string
  readonly stream: 'stdout' | 'stderr'
  readonly line: string
}

export interface LogSource {
  readonly id: string
  readonly service: string
  readonly replica: string
  readonly isRunning: boolean
}

const TIME = /^\d{4}-\d{2}-\d{2}T\S+ /
const COLOURS = [
  'cyan',
  'yellow',
  'green',
  'magenta',
  'blue',
  'cyanBright',
  'yellowBright',
  'greenBright',
  'magentaBright',
  'blueBright',
] as const

/** A container of the stack as a source of lines; undefined for containers that belong to no service. */
export function sourceOf(container: ContainerSummary, project: string): LogSource | undefined {
  const service = container.labels[LABELS.service]
  if (service === undefined || container.labels[LABELS.oneoff] === 'True') return undefined
  const name = container.name.replace(/^\//, '')
  const replica = name.startsWith(`${project}-`) ? name.slice(project.length + 1) : name
  return {id: container.id, service, replica, isRunning: container.state === 'running'}
}

/** Takes the engine's timestamp off a line. */
export function entryOf(source: LogSource, {stream, line}: LogLine): LogEntry {
  const stamp = TIME.exec(line)?.[0] ?? ''
  return {
    time: stamp.trimEnd(),
    service: source.service,
    replica: source.replica,
    stream,
    line: line.slice(stamp.length),
  }
}

export interface LineStyle {
  readonly colour: boolean
  readonly timestamps: boolean
  /** Columns of the longest prefix. */
  readonly width: number
}

/** `web-1  | GET / 200` */
export function formatEntry(entry: LogEntry, style: LineStyle): string {
  const prefix = `${entry.replica.padEnd(style.width)} |`
  const time = style.timestamps && entry.time !== '' ? `${entry.time} ` : ''
  const shown = style.colour ? styleText(colourOf(entry.replica), prefix, {validateStream: false}) : prefix
  return `${shown} ${time}${entry.line}`
}

/** The same replica has the same colour in every run. */
function colourOf(replica: string): (typeof COLOURS)[number] {
  let hash = 0
  for (const character of replica) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return COLOURS[hash % COLOURS.length] ?? 'cyan'
}
