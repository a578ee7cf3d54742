/** Workflow commands of GitHub Actions: groups that fold, and annotations of warnings and errors. PURE. */
import type {StackEvent} from '../events.js'

import {outcomeLine, runTitle} from './wording.js'

export type Markup = {
  /** The lines of an event that has its own markup there. */
  linesOf(event: StackEvent): string[] | undefined
  /** What closes the open group, if there is one. */
  end(): string[]
}

/** A run is one group: its steps run side by side, so groups of services or phases would have to be torn apart. */
export function githubMarkup(): Markup {
  let isOpen = false
  const end = (): string[] => {
    if (!isOpen) return []
    isOpen = false
    return ['::endgroup::']
  }

  return {
    end,
    linesOf(event) {
      if (event.type === 'warning') return [annotation('warning', event)]
      if (event.type === 'run-finished') return [...end(), outcomeLine(event)]
      if (event.type !== 'run-started') return undefined
      const closing = end()
      isOpen = true
      return [...closing, `::group::${escaped(runTitle(event))}`]
    },
  }
}

/** `::error title=E_UNHEALTHY::release 7 was refused …`: shown beside the run, where nobody has to unfold a log. */
export function annotation(level: 'error' | 'warning', {code, message}: {code: string; message: string}): string {
  return `::${level} title=${code}::${escaped(message)}`
}

/** The escapes of workflow commands: a message must stay one line. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
