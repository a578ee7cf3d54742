import {Args} from '@oclif/core'

import type {ReleaseComparison} from '../../lib/workflow/releases.js'

import {BaseCommand, environmentFlag} from '../../base-command.js'

export default class ReleasesDiff extends BaseCommand<typeof ReleasesDiff> {
  static override summary = 'Show what differs between two releases.'

  static override description = [
    'Reads only. By service: the image, replicas, and the names of variables, configs, secrets and other keys that ' +
      'differ; + only in the second, - only in the first. Values are never shown.',
    'Exit codes: 0 shown, 2 usage or unknown release, 3 configuration, 4 the engine does not answer.',
  ].join('\n\n')

  static override examples = ['<%= config.bin %> <%= command.id %> 6 7 --env production']

  static override args = {
    from: Args.string({required: true, ignoreStdin: true, description: 'number of a release'}),
    to: Args.string({required: true, ignoreStdin: true, description: 'number of the release to compare it with'}),
  }

  static override flags = {env: environmentFlag}

  async run(): Promise<ReleaseComparison> {
    const [{compareReleases}, {formatDiff}] = await Promise.all([
      import('../../lib/workflow/releases.js'),
      import('../../lib/workflow/format-releases.js'),
    ])
    const comparison = await compareReleases(await this.ledgerSource(this.flags.env), this.args)
    this.log(formatDiff(comparison))
    return comparison
  }
}
