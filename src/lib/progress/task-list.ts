/** The rows of the live view, drawn by listr2 on stderr. */
import type * as listr2Module from 'listr2'

import {styleText} from 'node:util'

import type {StackEvent, StepSummary} from '../events.js'
import type {RendererOptions} from './view.js'

import {formatDuration} from './duration.js'

/** Lines of a build or a migration that stay visible under the running row. */
const OUTPUT_LINES = 4
/** The same signs as in the plain view. */
const ICONS = {COMPLETED: '✓', FAILED: '✗', SKIPPED_WITHOUT_COLLAPSE: '-', SKIPPED_WITH_COLLAPSE: '›'}
/** Lines that the rows leave to the running row's output and to what stands below the list. */
const SPARE_LINES = 10
/** Steps faster than this show no duration. */
const NOTABLE_MS = 500

type Row = listr2Module.ListrTaskObject<unknown>
type Listr2 = typeof listr2Module

export type TaskList = {
  show(event: StackEvent): Promise<void>
  /** Marks rows that never finished as cancelled, draws the last frame and releases the terminal. */
  close(): void
}

type Screen = {
  readonly rows: Map<string, Row>
  readonly services: Map<string, string | undefined>
  readonly maxWaitingRows: number
  readonly states: Listr2['ListrTaskState']
  /** Lines that belong to no row: shown under the list and kept. */
  readonly footer: Row
  addRow(step: StepSummary): Promise<Row>
}

export async function openTaskList(options: RendererOptions): Promise<TaskList> {
  const listr2 = await import('listr2')
  const {screen, renderer} = createScreen(listr2, options)
  await renderer.render()
  // A row takes output only once it was drawn as running.
  await screen.footer.check(undefined)
  screen.footer.state$ = screen.states.STARTED
  const close = (): void => {
    process.off('exit', close)
    for (const row of screen.rows.values()) {
      if (!row.hasFinalized()) row.state$ = screen.states.CANCELLED
    }

    screen.footer.state$ = screen.states.COMPLETED
    renderer.end()
  }

  // A second Ctrl-C ends the process at once: not without giving the cursor back.
  process.once('exit', close)
  return {
    async show(event) {
      await showEvent(screen, event)
    },
    close,
  }
}

function createScreen(listr2: Listr2, {stream, colour}: RendererOptions) {
  const rendererOptions = {
    logger: new listr2.ListrLogger<never>({processOutput: new listr2.ProcessOutput(stream, stream)}),
    collapseErrors: false,
    collapseSkips: false,
    formatOutput: 'truncate' as const,
    icon: ICONS,
    timer: {
      condition: (durationMs: number) => durationMs >= NOTABLE_MS,
      field: formatDuration,
      format:
        () =>
        (text = '') =>
          colour ? styleText('dim', text, {validateStream: false}) : text,
    },
  }
  // listr2 asks whether stdout is a terminal, and falls back if not; we draw on stderr and know.
  class View extends listr2.DefaultRenderer {
    static override nonTTY = true
  }
  const listr = new listr2.Listr([], {
    registerSignalListeners: false,
    exitOnError: false,
    renderer: View,
    rendererOptions,
  })
  const rows = new Map<string, Row>()
  const addTask = (title: string | undefined, rendererTaskOptions: Record<string, unknown>): Row => {
    listr.add({...(title !== undefined && {title}), async task() {}, rendererOptions: rendererTaskOptions})
    const row = listr.tasks.at(-1) as unknown as Row
    return row
  }

  const footer = addTask(undefined, {bottomBar: Infinity, persistentOutput: true})
  const services = new Map<string, string | undefined>()
  const screen: Screen = {
    rows,
    services,
    maxWaitingRows: (stream.rows ?? 24) - SPARE_LINES,
    states: listr2.ListrTaskState,
    footer,
    async addRow(step) {
      const row = addTask(step.title, {outputBar: OUTPUT_LINES})
      await row.check(undefined)
      rows.set(step.id, row)
      services.set(step.id, step.service)
      return row
    },
  }
  return {screen, renderer: new View(listr.tasks as never, rendererOptions, listr.events)}
}

async function showEvent(screen: Screen, event: StackEvent): Promise<void> {
  if ('step' in event) return showStep(screen, event)
  switch (event.type) {
    case 'plan-ready': {
      // A list taller than the terminal is clipped at the top, where the running rows would be: then rows come as they start.
      if (event.steps.length <= screen.maxWaitingRows) for (const step of event.steps) await screen.addRow(step)
      break
    }

    case 'output': {
      const row = rowOfSource(screen, event.source)
      if (row) row.output$ = event.line
      else footnote(screen, `${event.source} | ${event.line}`)
      break
    }

    case 'notice': {
      footnote(screen, event.message)
      break
    }

    case 'warning': {
      footnote(screen, `! ${event.message} [${event.code}]`)
      break
    }

    case 'run-started':
    case 'run-finished': {
      // Said above and below the list.
      break
    }
  }
}

type StepEvent = Extract<StackEvent, {step: StepSummary}>

async function showStep({rows, addRow, states}: Screen, event: StepEvent): Promise<void> {
  const row = rows.get(event.step.id) ?? (await addRow(event.step))
  switch (event.type) {
    case 'step-started': {
      row.state$ = states.STARTED
      return
    }

    case 'step-progress': {
      row.output$ = event.message
      return
    }

    case 'step-done': {
      row.message$ = {duration: event.durationMs}
      row.state$ = states.COMPLETED
      return
    }

    case 'step-failed': {
      row.message$ = {error: event.error.message}
      row.state$ = states.FAILED
      return
    }

    case 'step-skipped': {
      row.message$ = {skip: event.reason}
      row.state$ = states.SKIPPED
    }
  }
}

/** The running row of the service that the line comes from, or the row that is named like the source. */
function rowOfSource({rows, services}: Screen, source: string): Row | undefined {
  const named = rows.get(source)
  if (named) return named
  return [...rows].findLast(([id, row]) => row.isStarted() && services.get(id) === source)?.[1]
}

function footnote({footer}: Screen, text: string): void {
  footer.output$ = text
}
