/** One JSON object per line, for programs that follow a run (docs/events.md). Fields are only ever added to it. */
import type {Renderer, RendererOptions} from './view.js'

const SCHEMA_VERSION = 1

export function jsonLinesRenderer(options: RendererOptions): Renderer {
  return {
    emit(event) {
      options.stream.write(`${JSON.stringify({v: SCHEMA_VERSION, time: options.now().toISOString(), ...event})}\n`)
    },
    async close() {
      // Nothing is held back.
    },
  }
}
