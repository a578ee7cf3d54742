/** The engine's progress answers: one JSON object per line. */
import type {Readable} from 'node:stream'

import {LineSplitter} from './lines.js'

export async function* jsonLines<T>(bytes: Readable): AsyncGenerator<T> {
  const lines = new LineSplitter()
  for await (const chunk of bytes) {
    for (const line of lines.push(chunk as Buffer)) if (line.trim() !== '') yield JSON.parse(line) as T
  }

  for (const line of lines.end()) yield JSON.parse(line) as T
}
