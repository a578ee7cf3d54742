import type {LifecycleResult} from '../lib/workflow/lifecycle.js'

import {BaseCommand, environmentArg, servicesFlag, waitLockFlag} from '../base-command.js'

export default class Stop extends BaseCommand<typeof Stop> {
  static override summary = 'Stop the services of a stack; nothing is removed.'

  static override description = `Requests in flight end first: the router stops taking new ones, then services stop, dependents before what they depend on. With --service only those stop, after their replicas are drained.

Exit codes: 0 done or nothing to do, 2 usage, 3 configuration, 4 the engine does not answer, 5 another run changes the stack, 6 a replica is not healthy.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> development',
    '<%= config.bin %> <%= command.id %> development --service web',
  ]

  static override args = {environment: environmentArg}
  static override flags = {service: servicesFlag, 'wait-lock': waitLockFlag}

  async run(): Promise<LifecycleResult> {
    const {runLifecycle} = await import('../lib/workflow/lifecycle.js')
    const surroundings = await this.surroundings(this.args.environment, {allowUnset: true})
    const result = await runLifecycle({
      ...surroundings,
      command: 'stop',
      services: this.flags.service ?? [],
      volumes: false,
      waitLockMs: this.flags['wait-lock'],
      approve: async () => {},
    })
    this.log(`${result.project}: ${result.outcome === 'done' ? 'stopped' : 'nothing to do'}`)
    return result
  }
}
