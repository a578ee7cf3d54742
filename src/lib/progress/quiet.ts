/** Says nothing unless something is wrong: for cron. Errors are printed by the command itself. */
import type {Renderer, RendererOptions} from './view.js'

export function quietRenderer(options: RendererOptions): Renderer {
  return {
    emit(event) {
      if (event.type === 'warning') options.stream.write(`! ${event.message} [${event.code}]\n`)
    },
    async close() {
      // Nothing is held back.
    },
  }
}
