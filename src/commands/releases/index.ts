import type {ReleaseList} from '../../lib/workflow/releases.js'

import {BaseCommand, environmentArg} from '../../base-command.js'

export default class Releases extends BaseCommand<typeof Releases> {
  static override summary = 'List the releases of a stack: what was deployed, by whom, and how it ended.'

  static override description = [
    'Reads only. Every deploy, rollback and scale that changes something makes a release, a failed one too. The one ' +
      'that serves is marked with *; a stable one has passed its monitor window. CHANGED names the services that ' +
      'differ from the release before: + added, - removed, ? when that one is no longer kept. The ledger keeps ' +
      'x-stackctl.releases.keep of them (10).',
    'Exit codes: 0 shown, 2 usage, 3 configuration, 4 the engine does not answer.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production --json',
  ]

  static override args = {environment: environmentArg}

  async run(): Promise<ReleaseList> {
    const [{listReleases}, {formatReleases}] = await Promise.all([
      import('../../lib/workflow/releases.js'),
      import('../../lib/workflow/format-releases.js'),
    ])
    const releases = await listReleases(await this.ledgerSource(this.args.environment))
    this.log(formatReleases(releases, new Date()))
    return releases
  }
}
