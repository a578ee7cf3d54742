import {Flags} from '@oclif/core'

import type {Plan} from '../lib/plan/plan.js'
import type {DeployResult} from '../lib/workflow/deploy.js'

import {BaseCommand, environmentArg, servicesFlag, waitLockFlag} from '../base-command.js'

export default class Deploy extends BaseCommand<typeof Deploy> {
  static override summary = 'Bring a stack to what its files say, without losing a request.'

  static override description = [
    'Builds or pulls what changed, runs pre-deploy jobs, and moves each service to the new release: new replicas start ' +
      'unpublished, pass the gate, are published, and only then the old ones are drained and stopped. When a replica ' +
      'fails its gate, everything is taken back and the old release keeps serving.',
    'Exit codes: 0 deployed or nothing to do, 2 usage, 3 configuration or image (nothing touched), 4 the engine does not ' +
      'answer, 5 another run changes the stack, 6 refused (the old release serves), 7 taking it back failed, 9 declined, 10 migration failed, 130/143 ' +
      'interrupted after clean-up.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> development --service web --service products',
    '<%= config.bin %> <%= command.id %> production --plan',
    '<%= config.bin %> <%= command.id %> production --git',
    '<%= config.bin %> <%= command.id %> -f compose.yaml --yes',
  ]

  static override args = {environment: environmentArg}

  static override flags = {
    service: servicesFlag,
    git: Flags.boolean({
      summary: 'First bring the checkout to what its upstream branch has, by git fetch and a fast-forward.',
    }),
    plan: Flags.boolean({summary: 'Print the plan and stop.'}),
    'remove-orphans': Flags.boolean({summary: 'Remove containers of services that are not in the files any more.'}),
    yes: Flags.boolean({char: 'y', summary: 'Do not ask, also where the stack says x-stackctl.confirm.'}),
    'wait-lock': waitLockFlag,
  }

  async run(): Promise<DeployResult | Plan> {
    const {deploy, planDeploy} = await import('../lib/workflow/deploy.js')
    const {formatPlan} = await import('../lib/plan/format.js')
    if (this.flags.git) await this.#fastForward()
    const surroundings = await this.surroundings(this.args.environment)
    const request = {
      ...surroundings,
      command: 'deploy' as const,
      waitLockMs: this.flags['wait-lock'],
      options: {
        services: this.flags.service ?? [],
        recreate: new Set<string>(),
        removeOrphans: this.flags['remove-orphans'],
        jobs: 'when-changed' as const,
      },
    }
    if (this.flags.plan) {
      const {plan} = await planDeploy(request)
      this.log(formatPlan(plan))
      return plan
    }

    const result = await deploy({
      ...request,
      approve: async (plan) => {
        // Its warnings were events already.
        this.note(formatPlan({...plan, warnings: []}))
        await this.confirm({
          question: `Deploy release ${plan.release} of ${plan.project}?`,
          yes: this.flags.yes || !surroundings.stack.settings.confirm,
        })
      },
    })
    this.log(summaryOf(result))
    return result
  }

  /** Before anything is read: what is deployed is what came. */
  async #fastForward(): Promise<void> {
    const [{directoryOf}, {fastForward}] = await Promise.all([
      import('../lib/stack/environment.js'),
      import('../lib/workflow/git.js'),
    ])
    const emit = await this.openProgress()
    await fastForward(directoryOf(this.stackSelection()), {env: this.runtime.env, emit, signal: this.signal})
  }
}

function summaryOf(result: DeployResult): string {
  const seconds = (result.durationMs / 1000).toFixed(1)
  if (result.outcome === 'nothing-to-do')
    return `${result.project}: nothing to do, release ${result.release} is what the files say (${seconds} s)`
  const changed = result.changes.filter((change) => change.action !== 'unchanged' && change.action !== 'orphan')
  return `${result.project}: release ${result.release} serves, ${changed.length} of ${result.changes.length} services changed (${seconds} s)`
}
