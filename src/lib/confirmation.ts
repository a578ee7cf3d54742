/** Asks a person yes or no. */
import {createInterface} from 'node:readline/promises'

import {DeclinedError} from './errors.js'

export type Confirmation = {
  readonly question: string
  /** The flag that answers in advance, `--yes`. */
  readonly yesFlag: string
}

export type Terminal = {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly signal: AbortSignal
}

/** Returns when the answer is yes; throws DeclinedError when it is no, or when nobody can be asked. */
export async function confirmOnTerminal(confirmation: Confirmation, terminal: Terminal): Promise<void> {
  const {question, yesFlag} = confirmation
  if (!terminal.input.isTTY || !terminal.output.isTTY) {
    throw new DeclinedError(`confirmation is needed and there is no terminal to ask on: ${question}`, {
      suggestions: [`add ${yesFlag} to say yes in advance`],
    })
  }

  const answer = await ask(`${question} [y/N] `, terminal)
  if (!/^(?:y|yes)$/i.test(answer.trim())) {
    throw new DeclinedError('declined: nothing was changed', {suggestions: [`add ${yesFlag} to say yes in advance`]})
  }
}

/** `terminal: false` leaves line editing to the terminal: Ctrl-C stays a signal, Ctrl-D closes and means no. */
async function ask(prompt: string, {input, output, signal}: Terminal): Promise<string> {
  const lines = createInterface({input, output, terminal: false})
  try {
    const closed = new Promise<string>((resolve) => {
      lines.once('close', () => {
        resolve('')
      })
    })
    return await Promise.race([lines.question(prompt, {signal}), closed])
  } finally {
    lines.close()
  }
}
