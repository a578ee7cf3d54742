import {Args, Flags} from '@oclif/core'

import type {ReleaseDetails} from '../../lib/workflow/releases.js'

import {BaseCommand, environmentFlag} from '../../base-command.js'

export default class ReleasesShow extends BaseCommand<typeof ReleasesShow> {
  static override summary = 'Show one release: its images, replicas, files and how it ended.'

  static override description = [
    'Reads only. Configs and secrets are shown by the hash of their content. --config prints the compose ' +
      'configuration that was deployed, without the values of secrets.',
    'Exit codes: 0 shown, 2 usage or unknown release, 3 configuration, 4 the engine does not answer.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> 7 --env production',
    '<%= config.bin %> <%= command.id %> 7 --config',
  ]

  static override args = {
    release: Args.string({required: true, ignoreStdin: true, description: 'number of the release'}),
  }

  static override flags = {
    env: environmentFlag,
    config: Flags.boolean({summary: 'Print the configuration of the release, without secrets.'}),
  }

  async run(): Promise<ReleaseDetails> {
    const [{showRelease}, {formatRelease}] = await Promise.all([
      import('../../lib/workflow/releases.js'),
      import('../../lib/workflow/format-releases.js'),
    ])
    const source = await this.ledgerSource(this.flags.env)
    const details = await showRelease(source, this.args.release, {config: this.flags.config})
    if (details.config === undefined) {
      this.log(formatRelease(details, new Date()))
    } else {
      const {stringify} = await import('yaml')
      this.log(stringify(details.config, {lineWidth: 0}).trimEnd())
    }

    return details
  }
}
