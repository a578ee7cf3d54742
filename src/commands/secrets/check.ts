import type {SecretFinding} from '../../lib/secrets/check.js'

import {BaseCommand, environmentArg} from '../../base-command.js'
import {EXIT} from '../../lib/errors.js'
import {formatTable} from '../../lib/table.js'

interface SecretsReport {
  readonly project: string
  readonly environment: string | null
  readonly secrets: number
  readonly findings: readonly SecretFinding[]
}

export default class SecretsCheck extends BaseCommand<typeof SecretsCheck> {
  static override summary = 'Find missing, default, weak and exposed secrets of an environment.'

  static override description = [
    'Looks at every compose secret and at variables of services that carry a secret by their name: is it there, ' +
      'is it a default or an example, is it long and random enough, can others read its file, is it committed to ' +
      'git. Values are never printed. "deploy" refuses what is found here when x-stackctl.secrets.strict is set.',
    'Exit codes: 0 all good, 2 unknown environment, 3 the compose files are wrong, 8 something was found.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> production --json',
  ]

  static override args = {environment: environmentArg}

  async run(): Promise<SecretsReport> {
    const stack = await this.loadStack(this.args.environment, {allowUnset: true})
    const {checkSecrets} = await import('../../lib/secrets/check.js')
    const findings = await checkSecrets(stack, {env: this.runtime.env})
    this.log(describe(stack.secrets.length, findings))
    if (findings.length > 0) process.exitCode = EXIT.finding
    return {
      project: stack.project,
      environment: stack.environment ?? null,
      secrets: stack.secrets.length,
      findings,
    }
  }
}

function describe(count: number, findings: readonly SecretFinding[]): string {
  if (findings.length === 0) return `ok: ${count} ${count === 1 ? 'secret' : 'secrets'}, nothing found`
  return formatTable(
    ['SECRET', 'PROBLEM', 'WHAT', 'WHERE'],
    findings.map(({secret, problem, detail, where}) => [secret, problem, detail, where]),
  )
}
