import {Flags} from '@oclif/core'

import type {AuditLog} from '../lib/workflow/audit.js'

import {BaseCommand, environmentArg} from '../base-command.js'

export default class Audit extends BaseCommand<typeof Audit> {
  static override summary = 'Show who changed a stack, when, and how that ended.'

  static override description = [
    'Reads only. Every command that changed the stack, or tried to, has an entry, from whichever host it was run. The ' +
      'newest comes first; 500 are kept. --json has all of each entry.',
    'Exit codes: 0 shown, 2 usage, 3 configuration, 4 the engine does not answer.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production --limit 10 --json',
  ]

  static override args = {environment: environmentArg}

  static override flags = {
    limit: Flags.integer({char: 'n', default: 50, min: 1, helpValue: '<number>', summary: 'So many entries.'}),
  }

  async run(): Promise<AuditLog> {
    const [{auditLog}, {formatAudit}] = await Promise.all([
      import('../lib/workflow/audit.js'),
      import('../lib/workflow/format-audit.js'),
    ])
    const log = await auditLog(await this.ledgerSource(this.args.environment), {limit: this.flags.limit})
    this.log(formatAudit(log))
    return log
  }
}
