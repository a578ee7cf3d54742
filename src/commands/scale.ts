import {Args, Flags} from '@oclif/core'

import type {ScaleResult} from '../lib/workflow/scale.js'

import {BaseCommand, environmentFlag, waitLockFlag} from '../base-command.js'
import {UsageError} from '../lib/errors.js'

export default class Scale extends BaseCommand<typeof Scale> {
  static override summary = 'Change how many replicas a service has, without losing a request.'

  static override description = [
    'New replicas are of the release that serves: they pass its gate and are published; replicas that go are drained ' +
      'first. The files of today play no part. Later deploys keep the number until the file says another one than it ' +
      'said when the service was scaled.',
    'Exit codes: 0 scaled or nothing to do, 2 usage, 3 the service cannot be scaled (the reason is named), 4 the engine ' +
      'does not answer, 5 somebody else is changing the stack, 6 a new replica was refused (those before serve), ' +
      '130/143 interrupted after clean-up.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> web 5',
    '<%= config.bin %> <%= command.id %> web=5 api-gateway=3 --env production',
    '<%= config.bin %> <%= command.id %> web 0',
  ]

  static override args = {
    replicas: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description: 'service and number: web 5, or web=5 api=3',
    }),
  }

  static override flags = {
    env: environmentFlag,
    'wait-lock': waitLockFlag,
    yes: Flags.boolean({char: 'y', summary: 'Do not ask, also where the stack says x-stackctl.confirm.'}),
  }

  async run(): Promise<ScaleResult> {
    const replicas = readReplicas(this.args.replicas)
    const {scale} = await import('../lib/workflow/scale.js')
    const {formatPlan} = await import('../lib/plan/format.js')
    const surroundings = await this.surroundings(this.flags.env, {allowUnset: true})
    const result = await scale({
      ...surroundings,
      replicas,
      waitLockMs: this.flags['wait-lock'],
      approve: async (plan) => {
        this.note(formatPlan(plan))
        await this.confirm({
          question: `Scale ${plan.project}?`,
          yes: this.flags.yes || !surroundings.stack.settings.confirm,
        })
      },
    })
    this.log(summaryOf(result, replicas))
    return result
  }
}

/** `web 5 api 3` and `web=5 api=3`. Throws UsageError for anything else. */
function readReplicas(words: readonly string[]): Record<string, number> {
  const [service, count] = words
  const isPair = words.length === 2 && service !== undefined && count !== undefined && !service.includes('=')
  const pairs = isPair ? [`${service}=${count}`] : words
  return Object.fromEntries(pairs.map((pair) => readPair(pair)))
}

function readPair(pair: string): [string, number] {
  const [, service, count] = /^([^=]+)=(\d+)$/.exec(pair) ?? []
  if (service !== undefined && count !== undefined && Number(count) <= MAX_REPLICAS) return [service, Number(count)]
  throw new UsageError(`"${pair}" is not a service and a number of replicas from 0 to ${MAX_REPLICAS}`, {
    suggestions: ['stackctl scale web 5', 'stackctl scale web=5 api=3'],
  })
}

/** More on one machine is a slip of the finger. */
const MAX_REPLICAS = 500

function summaryOf(result: ScaleResult, wanted: Readonly<Record<string, number>>): string {
  const seconds = (result.durationMs / 1000).toFixed(1)
  const counts = Object.entries(wanted).map(([service, count]) => `${service} has ${plural(count)}`)
  const how = result.outcome === 'nothing-to-do' ? 'nothing to do, ' : ''
  return `${result.project}: ${how}${counts.join(', ')} (${seconds} s)`
}

function plural(count: number): string {
  return `${count} replica${count === 1 ? '' : 's'}`
}
