/** PURE: how an error looks to a person (text for stderr) and to a script (the document of `--json`). */
import {inspect, stripVTControlCharacters, styleText} from 'node:util'

import {EXIT, StackError} from './errors.js'

export type ErrorReport = {
  readonly exit: number
  readonly code: string
  readonly message: string
  readonly suggestions: readonly string[]
  readonly facts: Readonly<Record<string, unknown>>
}

/** Reads any thrown value: our errors, oclif's usage errors, and bugs. */
export function reportError(error: unknown, command: string): ErrorReport {
  if (error instanceof StackError) {
    const {exit, code, message, suggestions, facts} = error
    return {
      exit,
      code,
      message,
      suggestions,
      facts,
    }
  }

  const exit = exitOf(error)
  const message = messageOf(error)
  if (exit === EXIT.usage) {
    return {
      exit,
      code: 'E_USAGE',
      message: usageMessage(message),
      suggestions: [`${command} --help`],
      facts: {},
    }
  }

  const suggestions = ['this is a bug in stackctl: run it again with DEBUG=* and report what it prints']
  return {
    exit: exit ?? EXIT.bug,
    code: 'E_BUG',
    message,
    suggestions,
    facts: {},
  }
}

/** The document that `--json` prints on stdout instead of a result. */
export function errorDocument(report: ErrorReport): Record<string, unknown> {
  const {code, message, suggestions, exit, facts} = report
  return {
    schema: 'stackctl.error.v1',
    error: {
      code,
      message,
      suggestions,
      exit,
      facts,
    },
  }
}

/** The lines for stderr. The last lines of a container, hook or build that failed are shown to people too. */
export function errorText(report: ErrorReport, options: {colour: boolean}): string {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    options.colour ? styleText(format, text, {validateStream: false}) : text
  return [
    `${style(['bold', 'red'], 'Error:')} ${report.message}`,
    ...lastLines(report.facts).map((line) => style('dim', `  | ${line}`)),
    ...report.suggestions.map((suggestion) => `  → ${suggestion}`),
    style('dim', `Code: ${report.code}`),
    '',
  ].join('\n')
}

/** Stack and causes, for DEBUG. */
export function errorTrace(error: unknown): string {
  const lines: string[] = []
  for (let cause: unknown = error; cause !== undefined && lines.length < 10; cause = causeOf(cause)) {
    lines.push(
      `${lines.length === 0 ? '' : 'Caused by: '}${cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause)}`,
    )
  }

  return `${lines.join('\n')}\n`
}

/** Tells oclif's handler to exit with the code and to print nothing: the error was printed already. */
export function markPrinted(error: unknown, exit: number): Error {
  const silent = error instanceof Error ? error : new Error(String(error))
  const marks = (silent as {oclif?: unknown}).oclif === undefined ? {oclif: {exit}} : {}
  return Object.assign(silent, marks, {skipOclifErrorHandling: true})
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}

function exitOf(error: unknown): number | undefined {
  const exit = (error as {oclif?: {exit?: unknown}} | undefined)?.oclif?.exit
  return typeof exit === 'number' ? exit : undefined
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error)
  return stripVTControlCharacters(message)
}

/** One line, without oclif's heading and its pointer to the help, which is one of our suggestions. */
function usageMessage(message: string): string {
  const text = message
    .replace(/\s*See more help with --help\s*$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace('=true cannot', ' cannot')
  return text
    .split('\n')
    .map((line) => line.trim().replaceAll(/\s+/g, ' '))
    .filter((line) => line !== '')
    .join(' ')
}

/** `lastLines` of containers, jobs and hooks; `lines` of builds. */
function lastLines(facts: Readonly<Record<string, unknown>>): readonly string[] {
  const lines = facts.lastLines ?? facts.lines
  return Array.isArray(lines) ? lines.filter((line) => typeof line === 'string') : []
}
