import {Args} from '@oclif/core'

import type {Stack} from '../lib/stack/model.js'
import type {DeployResult} from '../lib/workflow/deploy.js'
import type {LifecycleResult} from '../lib/workflow/lifecycle.js'

import {BaseCommand, environmentFlag} from '../base-command.js'

export default class Restart extends BaseCommand<typeof Restart> {
  static override summary = 'Restart services; those that the router serves lose no request.'

  static override description = `A routed service is replaced replica by replica with the files as they are now, like a deploy of a service that changed. Any other service is restarted in place, one replica after the other, each through its gate.

Exit codes: 0 done, 2 usage, 3 configuration, 4 the engine does not answer, 6 a replica is not healthy.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> web',
    '<%= config.bin %> <%= command.id %> web products --env production',
  ]

  static override args = {
    service: Args.string({required: true, multiple: true, ignoreStdin: true, description: 'services to restart'}),
  }
  static override flags = {env: environmentFlag}

  async run(): Promise<{restarted: readonly (DeployResult | LifecycleResult)[]}> {
    const stack = await this.loadStack(this.flags.env)
    const {refuseUnknownServices} = await import('../lib/workflow/deploy.js')
    const services = this.args.service
    refuseUnknownServices({stack, options: {services}})
    const {asServed, observeStack} = await import('../lib/workflow/facts.js')
    const engine = await this.connectEngine()
    const served = asServed(stack, await observeStack({engine, stack}))
    const isRouted = (name: string): boolean =>
      served.services.find((service) => service.name === name)?.route !== undefined
    const restarted = [
      ...(await this.#replace(
        stack,
        services.filter((name) => isRouted(name)),
      )),
      ...(await this.#restartInPlace(
        stack,
        services.filter((name) => !isRouted(name)),
      )),
    ]
    this.log(`${stack.project}: ${services.join(', ')} restarted`)
    return {restarted}
  }

  async #replace(stack: Stack, services: readonly string[]): Promise<DeployResult[]> {
    if (services.length === 0) return []
    const {deploy} = await import('../lib/workflow/deploy.js')
    const options = {services, recreate: new Set(services), removeOrphans: false, jobs: 'when-changed' as const}
    return [await deploy({...(await this.surroundings(stack)), command: 'restart', options, approve: async () => {}})]
  }

  async #restartInPlace(stack: Stack, services: readonly string[]): Promise<LifecycleResult[]> {
    if (services.length === 0) return []
    const {runLifecycle} = await import('../lib/workflow/lifecycle.js')
    return [
      await runLifecycle({
        ...(await this.surroundings(stack)),
        command: 'restart',
        services,
        volumes: false,
        approve: async () => {},
      }),
    ]
  }
}
