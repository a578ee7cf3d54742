import {Flags} from '@oclif/core'

import type {UnfinishedResult} from '../lib/workflow/unfinished.js'

import {BaseCommand, environmentArg, waitLockFlag} from '../base-command.js'

export default class Abort extends BaseCommand<typeof Abort> {
  static override summary = 'Take back a release that was cut short or paused; the one before serves again.'

  static override description = [
    'What served before the newest release is published again, and what is left of that release is drained and removed. ' +
      'Nothing that is published is stopped before its successor serves. `stackctl resume` goes on instead.',
    'Exit codes: 0 done or nothing to do, 2 usage, 3 there is nothing to go back to, 4 the engine does not answer, 5 ' +
      'somebody else is changing the stack, 6 or 7 going back failed, 9 declined, 130/143 interrupted.',
  ].join('\n\n')

  static override examples = ['<%= config.bin %> <%= command.id %> production']

  static override args = {environment: environmentArg}

  static override flags = {
    'wait-lock': waitLockFlag,
    yes: Flags.boolean({char: 'y', summary: 'Do not ask, also where the stack says x-stackctl.confirm.'}),
  }

  async run(): Promise<UnfinishedResult> {
    const {abort} = await import('../lib/workflow/unfinished.js')
    const {formatPlan} = await import('../lib/plan/format.js')
    const surroundings = await this.surroundings(this.args.environment, {allowUnset: true})
    const result = await abort({
      ...surroundings,
      waitLockMs: this.flags['wait-lock'],
      approve: async (plan) => {
        this.note(formatPlan(plan))
        await this.confirm({
          question: `Go back to release ${plan.release} of ${plan.project}?`,
          yes: this.flags.yes || !surroundings.stack.settings.confirm,
        })
      },
    })
    const seconds = (result.durationMs / 1000).toFixed(1)
    this.log(
      result.outcome === 'nothing-to-do'
        ? `${result.project}: nothing to do, no release is unfinished`
        : `${result.project}: release ${result.release} is taken back, release ${result.serving} serves (${seconds} s)`,
    )
    return result
  }
}
