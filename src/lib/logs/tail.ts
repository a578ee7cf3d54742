/** The last lines of a container, for messages about why it failed. */
import type {Engine} from '../engine/engine.js'

/** The last `count` lines, stdout and stderr as they came; empty when the container or its log is gone. */
export async function lastLines(engine: Engine, container: string, count: number): Promise<string[]> {
  const lines: string[] = []
  try {
    for await (const {line} of engine.logs(container, {tail: count})) lines.push(line)
  } catch {
    // The message matters more than its illustration: a log driver without reading support must not hide the reason.
  }

  return lines.slice(-count)
}
