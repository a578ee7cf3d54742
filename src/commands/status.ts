import {Flags} from '@oclif/core'

import type {StackStatus} from '../lib/workflow/status.js'

import {BaseCommand, environmentArg} from '../base-command.js'

export default class Status extends BaseCommand<typeof Status> {
  static override summary = 'Show what runs: services, replicas, releases, health and ports.'

  static override description = `Reads only. A service is up when as many replicas as wanted are ready: running, not unhealthy and, if the router serves it, published.

Exit codes: 0 shown, 2 usage, 3 configuration, 4 the engine does not answer.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production --replicas',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  static override args = {environment: environmentArg}

  static override flags = {
    replicas: Flags.boolean({char: 'r', summary: 'Show every replica.'}),
  }

  async run(): Promise<StackStatus> {
    const [{stackStatus}, {formatStatus}] = await Promise.all([
      import('../lib/workflow/status.js'),
      import('../lib/workflow/format-status.js'),
    ])
    const stack = await this.loadStack(this.args.environment, {allowUnset: true})
    const status = await stackStatus({
      stack,
      engine: await this.connectEngine(),
      env: this.runtime.env,
      signal: this.signal,
    })
    this.log(formatStatus(status, {replicas: this.flags.replicas, now: new Date()}))
    return status
  }
}
