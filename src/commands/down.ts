import {Flags} from '@oclif/core'

import type {ObservedStack} from '../lib/observe/observed.js'
import type {LifecycleResult} from '../lib/workflow/lifecycle.js'

import {BaseCommand, environmentArg, waitLockFlag} from '../base-command.js'

export default class Down extends BaseCommand<typeof Down> {
  static override summary = 'Remove the containers and networks of a stack; with --volumes its data as well.'

  static override description = [
    'Names what would be lost and asks. Without --volumes the data stays: the next deploy finds it again. ' +
      'External networks and volumes are never removed.',
    'Exit codes: 0 done or nothing to do, 2 usage, 3 configuration, 4 the engine does not answer, ' +
      '5 another run changes the stack, 9 declined.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> development',
    '<%= config.bin %> <%= command.id %> development --volumes --yes',
  ]

  static override args = {environment: environmentArg}

  static override flags = {
    volumes: Flags.boolean({summary: 'Remove the named volumes too: the data is lost.'}),
    yes: Flags.boolean({char: 'y', summary: 'Do not ask.'}),
    'wait-lock': waitLockFlag,
  }

  async run(): Promise<LifecycleResult> {
    const {runLifecycle} = await import('../lib/workflow/lifecycle.js')
    const surroundings = await this.surroundings(this.args.environment, {allowUnset: true})
    const external = new Set(
      surroundings.stack.volumes.filter((volume) => volume.external).map((volume) => volume.name),
    )
    const result = await runLifecycle({
      ...surroundings,
      command: 'down',
      services: [],
      volumes: this.flags.volumes,
      waitLockMs: this.flags['wait-lock'],
      approve: async (_plan, observed) => {
        this.note(describeLoss(observed, {volumes: this.flags.volumes, external}))
        await this.confirm({question: `Take ${surroundings.stack.project} down?`, yes: this.flags.yes})
      },
    })
    this.log(`${result.project}: ${result.outcome === 'done' ? 'removed' : 'nothing to do'}`)
    return result
  }
}

function describeLoss(observed: ObservedStack, options: {volumes: boolean; external: ReadonlySet<string>}): string {
  const volumes = [...observed.volumes.keys()].filter((name) => !options.external.has(name))
  const lines = [
    `${counted(observed.containers.length, 'container')} and ${counted(observed.networks.size, 'network')} of ${observed.project} go.`,
  ]
  if (volumes.length > 0) {
    lines.push(
      options.volumes
        ? `The data in these volumes is LOST: ${volumes.join(', ')}.`
        : `These volumes stay: ${volumes.join(', ')}.`,
    )
  }

  return lines.join('\n')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
