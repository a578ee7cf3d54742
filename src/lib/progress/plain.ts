/** One line per state change, without cursor codes: for CI, pipes and logs. */
import {styleText} from 'node:util'

import type {StackEvent} from '../events.js'
import type {Renderer, RendererOptions} from './view.js'

import {formatDuration} from './duration.js'
import {githubMarkup, type Markup} from './github.js'
import {outcomeLine, planTitle, runTitle} from './wording.js'

/** A step that reports its progress many times a second gets a line this often. */
const PROGRESS_INTERVAL_MS = 5000

type Style = Parameters<typeof styleText>[0]
type Paint = (style: Style, text: string) => string

/** Writes lines; in GitHub Actions a run is a foldable group and warnings are annotations. */
export function plainRenderer(options: RendererOptions): Renderer {
  const paint: Paint = (style, text) => (options.colour ? styleText(style, text, {validateStream: false}) : text)
  const isDue = progressThrottle(options.now)
  const markup: Markup = options.githubActions ? githubMarkup() : {linesOf: () => undefined, end: () => []}
  const write = (lines: readonly string[]): void => {
    if (lines.length > 0) options.stream.write(`${lines.join('\n')}\n`)
  }

  return {
    emit(event) {
      if (event.type === 'step-progress' && !isDue(event.step.id, event.message)) return
      write(markup.linesOf(event) ?? [lineOf(event, paint)])
    },
    async close() {
      write(markup.end())
    },
  }
}

/** A step's message is due when it is new and the step has been quiet for a while. */
function progressThrottle(now: () => Date): (step: string, message: string) => boolean {
  const last = new Map<string, {message: string; at: number}>()
  return (step, message) => {
    const before = last.get(step)
    const at = now().getTime()
    if (before && (before.message === message || at - before.at < PROGRESS_INTERVAL_MS)) return false
    last.set(step, {message, at})
    return true
  }
}

function lineOf(event: StackEvent, paint: Paint): string {
  switch (event.type) {
    case 'run-started': {
      return paint('bold', runTitle(event))
    }

    case 'plan-ready': {
      return planTitle(event)
    }

    case 'step-started': {
      return `${paint('cyan', '▸')} ${event.step.title}`
    }

    case 'step-progress': {
      return paint('dim', `  ${event.step.title}: ${event.message}`)
    }

    case 'step-done': {
      return `${paint('green', '✓')} ${event.step.title} ${paint('dim', `(${formatDuration(event.durationMs)})`)}`
    }

    case 'step-failed': {
      const {code, message} = event.error
      return `${paint('red', '✗')} ${event.step.title} (${formatDuration(event.durationMs)}): ${message} [${code}]`
    }

    case 'step-skipped': {
      return paint('dim', `- ${event.step.title}: ${event.reason}`)
    }

    case 'output': {
      return paint('dim', `  ${event.source} | ${event.line}`)
    }

    case 'notice': {
      return event.message
    }

    case 'warning': {
      return `${paint('yellow', '!')} ${event.message} [${event.code}]`
    }

    case 'run-finished': {
      return outcomeLine(event)
    }
  }
}
