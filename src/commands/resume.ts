import {Flags} from '@oclif/core'

import type {UnfinishedResult} from '../lib/workflow/unfinished.js'

import {BaseCommand, environmentArg, waitLockFlag} from '../base-command.js'

export default class Resume extends BaseCommand<typeof Resume> {
  static override summary = 'Go on with a release that was cut short or paused.'

  static override description = [
    'Takes up the newest release where it was left: the run was killed, failure_action: pause stopped it, or it could not ' +
      'be taken back. It is the release as it was begun; the files of today play no part. `stackctl abort` takes it back ' +
      'instead.',
    'Exit codes: 0 done or nothing to do, 2 usage, 3 something that it needs is gone, 4 the engine does not answer, 5 ' +
      'somebody else is changing the stack, 6 refused (the release before serves), 7 taking it back failed, 10 migration ' +
      'failed, 130/143 interrupted after clean-up.',
  ].join('\n\n')

  static override examples = ['<%= config.bin %> <%= command.id %> production']

  static override args = {environment: environmentArg}

  static override flags = {
    'wait-lock': waitLockFlag,
    yes: Flags.boolean({char: 'y', summary: 'Do not ask, also where the stack says x-stackctl.confirm.'}),
  }

  async run(): Promise<UnfinishedResult> {
    const {resume} = await import('../lib/workflow/unfinished.js')
    const {formatPlan} = await import('../lib/plan/format.js')
    const surroundings = await this.surroundings(this.args.environment, {allowUnset: true})
    const result = await resume({
      ...surroundings,
      waitLockMs: this.flags['wait-lock'],
      approve: async (plan) => {
        this.note(formatPlan(plan))
        await this.confirm({
          question: `Go on with release ${plan.release} of ${plan.project}?`,
          yes: this.flags.yes || !surroundings.stack.settings.confirm,
        })
      },
    })
    const seconds = (result.durationMs / 1000).toFixed(1)
    this.log(
      result.outcome === 'nothing-to-do'
        ? `${result.project}: nothing to do, no release is unfinished`
        : `${result.project}: release ${result.serving} serves (${seconds} s)`,
    )
    return result
  }
}
