import {Args} from '@oclif/core'

import type {DeployResult} from '../lib/workflow/deploy.js'
import type {Surroundings} from '../lib/workflow/facts.js'
import type {LifecycleResult} from '../lib/workflow/lifecycle.js'

import {BaseCommand, environmentFlag, waitLockFlag} from '../base-command.js'

export default class Restart extends BaseCommand<typeof Restart> {
  static override summary = 'Restart services; those that the router serves lose no request.'

  static override description = `A routed service is replaced replica by replica with the files as they are now, like a deploy of a service that changed. Any other service is restarted in place, one replica after the other, each through its gate.

Exit codes: 0 done, 2 usage, 3 configuration, 4 the engine does not answer, 5 another run changes the stack, 6 a replica is not healthy.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> web',
    '<%= config.bin %> <%= command.id %> web products --env production',
  ]

  static override args = {
    service: Args.string({required: true, multiple: true, ignoreStdin: true, description: 'services to restart'}),
  }

  static override flags = {env: environmentFlag, 'wait-lock': waitLockFlag}

  async run(): Promise<{restarted: readonly (DeployResult | LifecycleResult)[]}> {
    const surroundings = await this.surroundings(this.flags.env)
    const {engine, stack} = surroundings
    const {refuseUnknownServices} = await import('../lib/workflow/deploy.js')
    const services = this.args.service
    refuseUnknownServices({stack, options: {services}})
    const {asServed, observeStack} = await import('../lib/workflow/facts.js')
    const served = asServed(stack, await observeStack({engine, stack}))
    const isRouted = (name: string): boolean =>
      served.services.find((service) => service.name === name)?.route !== undefined
    const restarted = [
      ...(await this.#replace(
        surroundings,
        services.filter((name) => isRouted(name)),
      )),
      ...(await this.#restartInPlace(
        surroundings,
        services.filter((name) => !isRouted(name)),
      )),
    ]
    this.log(`${stack.project}: ${services.join(', ')} restarted`)
    return {restarted}
  }

  async #replace(surroundings: Surroundings, services: readonly string[]): Promise<DeployResult[]> {
    if (services.length === 0) return []
    const {deploy} = await import('../lib/workflow/deploy.js')
    const options = {services, recreate: new Set(services), removeOrphans: false, jobs: 'when-changed' as const}
    const waitLockMs = this.flags['wait-lock']
    return [await deploy({...surroundings, command: 'restart', options, waitLockMs, approve: async () => {}})]
  }

  async #restartInPlace(surroundings: Surroundings, services: readonly string[]): Promise<LifecycleResult[]> {
    if (services.length === 0) return []
    const {runLifecycle} = await import('../lib/workflow/lifecycle.js')
    return [
      await runLifecycle({
        ...surroundings,
        command: 'restart',
        services,
        volumes: false,
        waitLockMs: this.flags['wait-lock'],
        approve: async () => {},
      }),
    ]
  }
}
