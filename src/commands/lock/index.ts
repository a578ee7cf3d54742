import type {LockReport} from '../../lib/workflow/lock.js'

import {BaseCommand, environmentArg} from '../../base-command.js'

export default class Lock extends BaseCommand<typeof Lock> {
  static override summary = 'Show who is changing a stack.'

  static override description = [
    'One command at a time changes a stack. Its holder gives a sign of life every 5 s: alive; dead, when its process is ' +
      'gone or it was silent for 30 s (the next command takes the lock over); unknown, when it gives none.',
    'Exit codes: 0 shown, 2 usage, 3 configuration, 4 the engine does not answer.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production --json',
  ]

  static override args = {environment: environmentArg}

  async run(): Promise<LockReport> {
    const [{reportLock}, {formatLock}] = await Promise.all([
      import('../../lib/workflow/lock.js'),
      import('../../lib/workflow/format-lock.js'),
    ])
    const [stack, engine] = await Promise.all([
      this.loadStack(this.args.environment, {allowUnset: true}),
      this.connectEngine(),
    ])
    const report = await reportLock(engine, stack.project)
    this.log(formatLock(report))
    return report
  }
}
