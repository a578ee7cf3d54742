import type {Hook} from '@oclif/core'

import {readConfig, wantsColour} from '../lib/config.js'
import {errorDocument, errorText, markPrinted, reportError} from '../lib/error-report.js'
import {UsageError} from '../lib/errors.js'
import {nearestWord} from '../lib/nearest-word.js'

/** A word that is no command: says so like every other error, and names the command that was probably meant. */
const commandNotFound: Hook.CommandNotFound = async ({argv, config, id}) => {
  const spoken = (commandId: string): string => `${config.bin} ${commandId.replaceAll(':', ' ')}`
  const nearest = nearestWord(id, config.commandIDs)
  const error = new UsageError(`there is no command "${id.replaceAll(':', ' ')}"`, {
    suggestions: [...(nearest === undefined ? [] : [spoken(nearest)]), `${config.bin} --help`],
  })
  const report = reportError(error, config.bin)
  if (argv?.includes('--json')) process.stdout.write(`${JSON.stringify(errorDocument(report), undefined, 2)}\n`)
  else process.stderr.write(errorText(report, {colour: wantsColour(readConfig(), process.stderr)}))
  throw markPrinted(error, report.exit)
}

export default commandNotFound
