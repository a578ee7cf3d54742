/**
 * The live view: one row per step. listr2 only draws; the rows' states are set by events and nothing runs inside it
 * (its own runner ends the process with exit code 127 on SIGINT).
 */
import type {StackEvent} from '../events.js'
import type {Renderer, RendererOptions} from './view.js'

import {openTaskList, type TaskList} from './task-list.js'
import {outcomeLine, planTitle, runTitle} from './wording.js'

export function ttyRenderer(options: RendererOptions): Renderer {
  let list: TaskList | undefined
  // Opening a list is asynchronous and events are not: what comes meanwhile waits in this chain, in order.
  let pending: Promise<void> = Promise.resolve()

  return {
    emit(event) {
      // A frame that cannot be drawn (the terminal went away) must not stop the work.
      pending = pending.then(async () => show(event)).catch(() => {})
    },
    async close() {
      await pending
      closeList()
    },
  }

  async function show(event: StackEvent): Promise<void> {
    if (event.type === 'plan-ready') {
      closeList()
      writeLine(event)
    }

    if (needsList(event)) list ??= await openTaskList(options)
    if (event.type === 'run-finished') closeList()
    if (list) await list.show(event)
    else if (event.type !== 'plan-ready') writeLine(event)
  }

  function closeList(): void {
    list?.close()
    list = undefined
  }

  function writeLine(event: StackEvent): void {
    const line = lineOf(event)
    if (line !== undefined) options.stream.write(`${line}\n`)
  }
}

function needsList(event: StackEvent): boolean {
  return event.type.startsWith('step-') || (event.type === 'plan-ready' && event.steps.length > 0)
}

/** What is said before the first and after the last row. */
function lineOf(event: StackEvent): string | undefined {
  if ('step' in event) return undefined
  switch (event.type) {
    case 'run-started': {
      return runTitle(event)
    }

    case 'plan-ready': {
      return planTitle(event)
    }

    case 'output': {
      return `  ${event.source} | ${event.line}`
    }

    case 'notice': {
      return event.message
    }

    case 'warning': {
      return `! ${event.message} [${event.code}]`
    }

    case 'run-finished': {
      return outcomeLine(event)
    }
  }
}
