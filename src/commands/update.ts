import {Flags} from '@oclif/core'

import type {Plan} from '../lib/plan/plan.js'
import type {DeployRequest, DeployResult} from '../lib/workflow/deploy.js'
import type {PulledImage} from '../lib/workflow/update.js'

import {BaseCommand, environmentArg, servicesFlag} from '../base-command.js'

type UpdateResult = {readonly images: readonly PulledImage[]} & (
  DeployResult | Plan | {readonly project: string; readonly outcome: 'nothing-to-do'}
)

export default class Update extends BaseCommand<typeof Update> {
  static override summary = 'Pull newer images and move the services that use them, without losing a request.'

  static override description = [
    'Asks the registry for every image that is not built, whatever its tag and pull policy, except pull_policy: never and ' +
      'images that are pinned by digest. Services whose image changed are then replaced like in a deploy. Services that are ' +
      'built stay as they are, unless --build asks for newer base images too.',
    'Exit codes: 0 updated or nothing newer, 2 usage, 3 configuration or image (nothing touched), 4 the engine does not ' +
      'answer, 5 somebody else changes the stack, 6 refused (the old release serves), 7 taking it back failed, 9 declined, ' +
      '10 migration failed, 130/143 interrupted after clean-up.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production --service cache --plan',
    '<%= config.bin %> <%= command.id %> production --build',
  ]

  static override args = {environment: environmentArg}

  static override flags = {
    service: servicesFlag,
    build: Flags.boolean({summary: 'Also pull newer base images, and build what is built from them.'}),
    plan: Flags.boolean({summary: 'Pull, print what would be replaced, and stop. Nothing that runs is touched.'}),
    yes: Flags.boolean({char: 'y', summary: 'Do not ask, also where the stack says x-stackctl.confirm.'}),
  }

  async run(): Promise<UpdateResult> {
    const {pullNewer} = await import('../lib/workflow/update.js')
    const surroundings = await this.surroundings(this.args.environment)
    const {project} = surroundings.stack
    const {images, services} = await pullNewer(surroundings, {
      services: this.flags.service ?? [],
      build: this.flags.build,
    })
    if (services.length === 0) {
      this.log(`${project}: nothing to do, no image of it comes from a registry`)
      return {project, outcome: 'nothing-to-do', images}
    }

    const options = {services, recreate: new Set<string>(), removeOrphans: false, jobs: 'when-changed' as const}
    const request = {...surroundings, command: 'update' as const, options}
    return {...(this.flags.plan ? await this.#plan(request) : await this.#roll(request)), images}
  }

  async #plan(request: Omit<DeployRequest, 'approve'>): Promise<Plan> {
    const {planDeploy} = await import('../lib/workflow/deploy.js')
    const {formatPlan} = await import('../lib/plan/format.js')
    const {plan} = await planDeploy(request)
    this.log(formatPlan(plan))
    return plan
  }

  async #roll(request: Omit<DeployRequest, 'approve'>): Promise<DeployResult> {
    const {deploy} = await import('../lib/workflow/deploy.js')
    const {formatPlan} = await import('../lib/plan/format.js')
    const result = await deploy({
      ...request,
      approve: async (plan) => {
        this.note(formatPlan({...plan, warnings: []}))
        await this.confirm({
          question: `Update ${plan.project} to release ${plan.release}?`,
          yes: this.flags.yes || !request.stack.settings.confirm,
        })
      },
    })
    const changed = result.changes.filter((change) => change.action !== 'unchanged').map((change) => change.service)
    this.log(
      result.outcome === 'nothing-to-do'
        ? `${result.project}: nothing to do, its images are the newest there are`
        : `${result.project}: release ${result.release} serves, updated: ${changed.join(', ')}`,
    )
    return result
  }
}
