import {Flags} from '@oclif/core'

import type {Plan as DeployPlan} from '../lib/plan/plan.js'

import {BaseCommand, environmentArg, servicesFlag} from '../base-command.js'
import {EXIT} from '../lib/errors.js'

export default class Plan extends BaseCommand<typeof Plan> {
  static override summary = 'Show what a deploy would do, and why. Changes nothing at the engine.'

  static override description = [
    'Runs the pre-build hooks of the stack, because they decide what would be built, and compares the files with what runs.',
    'Exit codes: 0 (with --exit-code: nothing to do), 2 usage, 3 configuration, 4 the engine does not answer, ' +
      '8 with --exit-code: there are changes.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production --exit-code',
    '<%= config.bin %> <%= command.id %> development --steps',
    '<%= config.bin %> <%= command.id %> production --json',
  ]

  static override args = {environment: environmentArg}

  static override flags = {
    service: servicesFlag,
    'exit-code': Flags.boolean({summary: 'Exit 8 when there is something to do.'}),
    'remove-orphans': Flags.boolean({
      summary: 'Plan to remove containers of services that are not in the files any more.',
    }),
    steps: Flags.boolean({summary: 'Show every step and what it waits for.'}),
  }

  async run(): Promise<DeployPlan> {
    const {planDeploy} = await import('../lib/workflow/deploy.js')
    const {formatPlan, formatSteps} = await import('../lib/plan/format.js')
    const surroundings = await this.surroundings(this.args.environment)
    const {plan} = await planDeploy({
      ...surroundings,
      command: 'plan',
      options: {
        services: this.flags.service ?? [],
        recreate: new Set<string>(),
        removeOrphans: this.flags['remove-orphans'],
        jobs: 'when-changed',
      },
    })
    this.log(formatPlan(plan))
    if (this.flags.steps && plan.steps.length > 0) this.log(`\n${formatSteps(plan)}`)
    if (this.flags['exit-code'] && plan.steps.length > 0) process.exitCode = EXIT.finding
    return plan
  }
}
