import type {DeployResult} from '../lib/workflow/deploy.js'

import {BaseCommand, environmentArg, waitLockFlag} from '../base-command.js'

export default class Migrate extends BaseCommand<typeof Migrate> {
  static override summary = 'Run the pre-deploy jobs of a stack, and nothing else.'

  static override description = [
    'Jobs are services with x-stackctl.job: pre-deploy, and services that others depend on only by ' +
      'service_completed_successfully. What they depend on is started if it does not run; no other service is touched. ' +
      'A deploy runs them by itself, once per image and command.',
    'Exit codes: 0 done, 2 usage, 3 configuration, 4 the engine does not answer, 5 another run changes the ' +
      'stack, 10 a job failed.',
  ].join('\n\n')

  static override examples = ['<%= config.bin %> <%= command.id %> production']

  static override args = {environment: environmentArg}

  static override flags = {'wait-lock': waitLockFlag}

  async run(): Promise<DeployResult> {
    const {deploy} = await import('../lib/workflow/deploy.js')
    const surroundings = await this.surroundings(this.args.environment)
    const result = await deploy({
      ...surroundings,
      command: 'migrate',
      waitLockMs: this.flags['wait-lock'],
      options: {services: [], recreate: new Set(), removeOrphans: false, jobs: 'only'},
      approve: async () => {},
    })
    const ran = result.changes.filter((change) => change.action === 'run').map((change) => change.service)
    this.log(
      ran.length > 0
        ? `${result.project}: ${ran.join(', ')} done`
        : `${result.project}: this stack has no pre-deploy jobs`,
    )
    return result
  }
}
