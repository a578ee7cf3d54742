import {Args, Flags} from '@oclif/core'

import type {Plan} from '../lib/plan/plan.js'
import type {RollbackResult} from '../lib/workflow/rollback.js'

import {BaseCommand, environmentArg, waitLockFlag} from '../base-command.js'
import {UsageError} from '../lib/errors.js'

export default class Rollback extends BaseCommand<typeof Rollback> {
  static override summary = 'Go back to an earlier release: images, environment, configs, secrets and replicas.'

  static override description = [
    'Without a number: the last stable release before the current one; repeated, one further back each time. The release ' +
      'comes from the ledger at the engine; the files of today play no part. It passes the same gate and the same drain ' +
      'as a deploy, and gets a number of its own. Pre-deploy jobs are not run, and migrations are not taken back: going ' +
      'back across one is refused without --force.',
    'Exit codes: 0 rolled back or nothing to do, 2 no such release, 3 a migration is in the way or something is gone, ' +
      '4 the engine does not answer, 5 somebody else is changing the stack, 6 the earlier release was refused (the ' +
      'current one serves), 7 taking it back failed, 9 declined, 130/143 interrupted after clean-up.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production 7',
    '<%= config.bin %> <%= command.id %> 7 --plan',
  ]

  static override args = {
    environment: environmentArg,
    release: Args.string({ignoreStdin: true, description: 'number of the release: stackctl releases lists them'}),
  }

  static override flags = {
    force: Flags.boolean({summary: 'Go back across migrations: the old code meets the new schema.'}),
    plan: Flags.boolean({summary: 'Print the plan and stop.'}),
    'wait-lock': waitLockFlag,
    yes: Flags.boolean({char: 'y', summary: 'Do not ask, also where the stack says x-stackctl.confirm.'}),
  }

  async run(): Promise<RollbackResult | Plan> {
    const {planRollback, rollback} = await import('../lib/workflow/rollback.js')
    const {formatPlan} = await import('../lib/plan/format.js')
    const {environment, release} = namesIn(this.args)
    const surroundings = await this.surroundings(environment, {allowUnset: true})
    const request = {...surroundings, release, force: this.flags.force, waitLockMs: this.flags['wait-lock']}
    if (this.flags.plan) {
      const {plan} = await planRollback(request)
      this.log(formatPlan(plan))
      return plan
    }

    const result = await rollback({
      ...request,
      approve: async (plan, target) => {
        this.note(formatPlan(plan))
        await this.confirm({
          question: `Bring release ${target} of ${plan.project} back?`,
          yes: this.flags.yes || !surroundings.stack.settings.confirm,
        })
      },
    })
    this.log(summaryOf(result))
    return result
  }
}

/** An environment is never a number. */
function namesIn(args: {environment: string | undefined; release: string | undefined}): {
  environment: string | undefined
  release: number | undefined
} {
  const isNumber = (text: string | undefined): boolean => text !== undefined && /^\d+$/.test(text)
  if (args.release === undefined && isNumber(args.environment))
    return {environment: undefined, release: Number(args.environment)}
  if (args.release === undefined) return {environment: args.environment, release: undefined}
  if (isNumber(args.release)) return {environment: args.environment, release: Number(args.release)}
  throw new UsageError(`"${args.release}" is not the number of a release`, {
    suggestions: ['stackctl releases lists them'],
  })
}

function summaryOf({durationMs, outcome, project, release, target}: RollbackResult): string {
  const seconds = (durationMs / 1000).toFixed(1)
  if (outcome === 'nothing-to-do') return `${project}: nothing to do, release ${target} is what serves (${seconds} s)`
  return `${project}: release ${release} serves, which is release ${target} again (${seconds} s)`
}
