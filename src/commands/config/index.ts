import {BaseCommand, environmentArg} from '../../base-command.js'

export default class Config extends BaseCommand<typeof Config> {
  static override summary = 'Print the stack as docker compose resolves it, without secrets.'

  static override description = [
    'Merges the compose files of an environment, interpolates variables and prints the result as YAML, or as JSON ' +
      'with --json. Values of secrets are left out.',
    'Exit codes: 0 printed, 2 unknown environment, 3 the compose files are wrong, 4 docker compose is missing.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> production --json',
    '<%= config.bin %> <%= command.id %> --file compose.yaml --file compose.extra.yaml',
  ]

  static override args = {environment: environmentArg}

  async run(): Promise<Record<string, unknown>> {
    const stack = await this.loadStack(this.args.environment, {allowUnset: true})
    const [{redactedConfig}, {stringify}] = await Promise.all([import('../../lib/stack/redact.js'), import('yaml')])
    const config = redactedConfig(stack)
    this.log(stringify(config, {lineWidth: 0}).trimEnd())
    return {project: stack.project, environment: stack.environment ?? null, config}
  }
}
