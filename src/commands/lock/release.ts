import {Flags} from '@oclif/core'

import type {LockReport} from '../../lib/workflow/lock.js'

import {BaseCommand, environmentArg} from '../../base-command.js'

export default class LockRelease extends BaseCommand<typeof LockRelease> {
  static override summary = 'Remove the lock of a dead holder; with --force that of a living one.'

  static override description = [
    'Seldom needed: the lock of a dead holder is taken over by the next command. A living holder whose lock is removed ' +
      'notices within seconds, stops where it is and undoes nothing: "stackctl deploy" then finishes what it left.',
    'Exit codes: 0 removed, or nobody held it, 2 usage, 3 configuration, 4 the engine does not answer, 5 the holder ' +
      'lives, 9 declined.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production --force',
  ]

  static override args = {environment: environmentArg}

  static override flags = {
    force: Flags.boolean({summary: 'Also when its holder lives, or may live.'}),
    yes: Flags.boolean({char: 'y', summary: 'Do not ask.'}),
  }

  async run(): Promise<Omit<LockReport, 'held'> & {released: boolean}> {
    const [{releaseLock}, {formatLock}] = await Promise.all([
      import('../../lib/workflow/lock.js'),
      import('../../lib/workflow/format-lock.js'),
    ])
    const [stack, engine] = await Promise.all([
      this.loadStack(this.args.environment, {allowUnset: true}),
      this.connectEngine(),
    ])
    const {held, ...report} = await releaseLock({
      engine,
      project: stack.project,
      force: this.flags.force,
      approve: async (lock) => {
        this.note(formatLock(lock))
        await this.confirm({question: `Take the lock of ${stack.project} from it?`, yes: this.flags.yes})
      },
    })
    this.log(held ? `${stack.project}: released` : `${stack.project}: nobody holds the lock`)
    return {...report, released: held}
  }
}
