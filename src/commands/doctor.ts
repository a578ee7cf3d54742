import type {Check} from '../lib/doctor/check.js'

import {BaseCommand, environmentArg} from '../base-command.js'
import {EXIT} from '../lib/errors.js'

interface DoctorReport {
  readonly healthy: boolean
  readonly checks: readonly Check[]
}

export default class Doctor extends BaseCommand<typeof Doctor> {
  static override summary = 'Check that this host, its engine and an environment are ready for a deploy.'

  static override description = [
    'Looks at the engine and its version, docker compose and buildx, disk, clocks, the ports that the stack ' +
      'publishes, the images that it starts from, memory and CPUs against the limits, and secrets. Changes nothing.',
    'Exit codes: 0 ready (warnings are shown), 2 usage, 4 the engine does not answer, 8 there is a problem.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production --json',
  ]

  static override args = {environment: environmentArg}

  async run(): Promise<DoctorReport> {
    const [{examine}, {formatChecks}] = await Promise.all([
      import('../lib/doctor/examine.js'),
      import('../lib/doctor/report.js'),
    ])
    const {checks, isEngineAnswering} = await examine({
      connect: async () => this.connectEngine(),
      loadStack: async () => this.loadStack(this.args.environment, {allowUnset: true}),
      cli: {env: this.runtime.env, context: this.flags.context, signal: this.signal},
      now: () => new Date(),
    })
    this.log(formatChecks(checks, {colour: this.colour}))
    const hasProblem = checks.some(({verdict}) => verdict === 'problem')
    if (hasProblem) process.exitCode = isEngineAnswering ? EXIT.finding : EXIT.unreachable
    return {healthy: !hasProblem, checks}
  }
}
