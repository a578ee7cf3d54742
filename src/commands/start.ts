import type {LifecycleResult} from '../lib/workflow/lifecycle.js'

import {BaseCommand, environmentArg, servicesFlag, waitLockFlag} from '../base-command.js'

export default class Start extends BaseCommand<typeof Start> {
  static override summary = 'Start a stack that was stopped.'

  static override description = `Starts what is there, dependencies first; each replica passes its gate before it is published. Changes no configuration: that is what deploy does.

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
      command: 'start',
      services: this.flags.service ?? [],
      volumes: false,
      waitLockMs: this.flags['wait-lock'],
      approve: async () => {},
    })
    this.log(`${result.project}: ${result.outcome === 'done' ? 'started' : 'nothing to do'}`)
    return result
  }
}
