import {BaseCommand, environmentArg} from '../../base-command.js'

interface Validation {
  readonly ok: true
  readonly project: string
  readonly environment: string | null
  readonly files: readonly string[]
  readonly services: number
  readonly routed: readonly string[]
  readonly jobs: readonly string[]
  readonly networks: number
  readonly volumes: number
  readonly secrets: number
  readonly warnings: readonly string[]
}

export default class ConfigValidate extends BaseCommand<typeof ConfigValidate> {
  static override summary = 'Check the compose files and the x-stackctl settings of an environment.'

  static override description = [
    'Loads everything that a deploy would load: the merged compose files, the keys that stackctl honours, routes, ' +
      'jobs, hooks and gates. No engine is needed. Secrets are checked by "secrets check".',
    'Exit codes: 0 valid, 2 unknown environment, 3 something is wrong, 4 docker compose is missing.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> production --json',
  ]

  static override args = {environment: environmentArg}

  async run(): Promise<Validation> {
    const stack = await this.loadStack(this.args.environment)
    const named = stack.services
    const validation: Validation = {
      ok: true,
      project: stack.project,
      environment: stack.environment ?? null,
      files: stack.files,
      services: named.length,
      routed: named.filter(({route}) => route !== undefined).map(({name}) => name),
      jobs: named.filter(({job}) => job !== undefined).map(({name}) => name),
      networks: stack.networks.length,
      volumes: stack.volumes.length,
      secrets: stack.secrets.length,
      warnings: stack.warnings ?? [],
    }
    for (const warning of validation.warnings) this.log(`! ${warning}`)
    this.log(summaryOf(validation))
    return validation
  }
}

/** `ok: 9 services (4 routed, 1 job), 3 networks, 2 volumes, 3 secrets` */
function summaryOf({services, routed, jobs, networks, volumes, secrets}: Validation): string {
  const roles = [routed.length > 0 ? `${routed.length} routed` : '', jobs.length > 0 ? counted(jobs.length, 'job') : '']
    .filter((role) => role !== '')
    .join(', ')
  const parts = [
    `${counted(services, 'service')}${roles === '' ? '' : ` (${roles})`}`,
    counted(networks, 'network'),
    counted(volumes, 'volume'),
    counted(secrets, 'secret'),
  ]
  return `ok: ${parts.join(', ')}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
