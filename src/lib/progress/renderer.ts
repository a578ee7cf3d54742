/** The views of the event stream: picks one, and takes secrets out of events before any view sees them. */
import type {Emit, StackEvent} from '../events.js'
import type {Renderer, RendererOptions} from './view.js'

export const PROGRESS_MODES = ['auto', 'tty', 'plain', 'json', 'quiet'] as const
export type ProgressMode = (typeof PROGRESS_MODES)[number]

export type ModeFacts = {
  readonly isTTY: boolean
  readonly ci: boolean
  readonly dumbTerminal: boolean
}

/** `auto` is a live view for a person at a terminal and plain lines for everything else. */
export function resolveMode(wanted: ProgressMode, facts: ModeFacts): Exclude<ProgressMode, 'auto'> {
  if (wanted !== 'auto') return wanted
  return facts.isTTY && !facts.ci && !facts.dumbTerminal ? 'tty' : 'plain'
}

/** Opens the view; each one is loaded only when it is asked for. */
export async function openRenderer(mode: Exclude<ProgressMode, 'auto'>, options: RendererOptions): Promise<Renderer> {
  switch (mode) {
    case 'tty': {
      return (await import('./tty.js')).ttyRenderer(options)
    }

    case 'plain': {
      return (await import('./plain.js')).plainRenderer(options)
    }

    case 'json': {
      return (await import('./json-lines.js')).jsonLinesRenderer(options)
    }

    case 'quiet': {
      return (await import('./quiet.js')).quietRenderer(options)
    }
  }
}

/** Sends every event to all listeners. A listener that throws does not stop a deploy, nor the other listeners. */
export function fanOut(listeners: readonly Emit[]): Emit {
  return (event: StackEvent) => {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        // What happens must not depend on who watches.
      }
    }
  }
}
