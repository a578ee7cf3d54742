/** After a release has come to its end: its images are kept, and what is too old to go back to is let go. */
import type {ReleaseRecord} from '../release/record.js'
import type {Stack} from '../stack/model.js'
import type {Surroundings} from './facts.js'

import {keepImages} from '../release/keep-tags.js'
import {pruneReleases} from '../release/prune.js'

/** The release serves whatever happens here: what fails is a warning, and the next deploy tries again. */
export async function tidyLedger(
  {emit, engine}: Surroundings,
  {record, stack}: {record: ReleaseRecord; stack: Stack},
): Promise<void> {
  try {
    await keepImages(engine, stack.project, record)
    await pruneReleases(engine, stack.project, {keep: stack.settings.releases.keep, current: record.release})
  } catch (error) {
    const message = `old releases could not be tidied up: ${error instanceof Error ? error.message : String(error)}`
    emit({type: 'warning', code: 'W_TIDY', message})
  }
}
