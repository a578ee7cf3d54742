/** What every view of the event stream is and is given. Types only. */
import type {Emit} from '../events.js'

/** A view of events on one stream. */
export type Renderer = {
  readonly emit: Emit
  /** Draws what is left and gives the terminal back. Safe to call twice. */
  close(): Promise<void>
}

export type RendererOptions = {
  readonly stream: NodeJS.WriteStream
  readonly colour: boolean
  readonly githubActions: boolean
  readonly now: () => Date
}
