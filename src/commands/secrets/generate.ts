import {Flags} from '@oclif/core'
import path from 'node:path'

import type {SecretFile} from '../../lib/secrets/generate.js'

import {BaseCommand, environmentArg} from '../../base-command.js'

interface NamedPath {
  readonly name: string
  readonly path: string
}

interface Generated {
  readonly project: string
  readonly environment: string | null
  readonly created: readonly NamedPath[]
  readonly replaced: readonly NamedPath[]
  readonly kept: readonly NamedPath[]
}

export default class SecretsGenerate extends BaseCommand<typeof SecretsGenerate> {
  static override summary = 'Make the secret files of an environment that are missing.'

  static override description = [
    'Writes random values into the files of the compose secrets: those that x-stackctl.secrets.generate names, or ' +
      'all that have a file. Files get mode 0600 and, when run by root, belong to the user that the services with ' +
      'this secret run as. Existing files are kept. With --force they are replaced, after asking: a database keeps ' +
      'its old password until it is changed there as well. Values are never printed.',
    'Exit codes: 0 done, 2 unknown environment, 3 the compose files are wrong, 9 declined.',
  ].join('\n\n')

  static override examples = [
    '<%= config.bin %> <%= command.id %> production',
    '<%= config.bin %> <%= command.id %> staging --force --yes',
  ]

  static override args = {environment: environmentArg}

  static override flags = {
    force: Flags.boolean({summary: 'Replace existing files too.'}),
    yes: Flags.boolean({char: 'y', summary: 'Do not ask before replacing.'}),
  }

  async run(): Promise<Generated> {
    const stack = await this.loadStack(this.args.environment, {allowUnset: true})
    const {secretFiles, writeSecret} = await import('../../lib/secrets/generate.js')
    const files = await secretFiles(stack)
    const existing = files.filter(({exists}) => exists)
    if (this.flags.force && existing.length > 0) await this.#confirmReplacing(existing)
    const written = new Set<SecretFile>()
    for (const file of files) {
      const options = {replace: this.flags.force && file.exists, asRoot: process.getuid?.() === 0}
      if (await writeSecret(file, options)) written.add(file)
    }

    const named = (chosen: readonly SecretFile[]): NamedPath[] =>
      chosen.map((file) => ({name: file.name, path: path.relative(process.cwd(), file.path)}))
    const result: Generated = {
      project: stack.project,
      environment: stack.environment ?? null,
      created: named(files.filter((file) => written.has(file) && !file.exists)),
      replaced: named(files.filter((file) => written.has(file) && file.exists)),
      kept: named(files.filter((file) => !written.has(file))),
    }
    this.#print(result)
    return result
  }

  async #confirmReplacing(existing: readonly SecretFile[]): Promise<void> {
    const names = existing.map(({name}) => name).join(', ')
    await this.confirm({
      question: `Replace ${names}? A database keeps its old password until you change it there too.`,
      yes: this.flags.yes,
    })
  }

  #print({created, replaced, kept}: Generated): void {
    for (const {name, path: file} of created) this.log(`created   ${name}  ${file}`)
    for (const {name, path: file} of replaced) this.log(`replaced  ${name}  ${file}`)
    for (const {name, path: file} of kept) this.log(`kept      ${name}  ${file}`)
    if (created.length + replaced.length + kept.length === 0) this.log('this stack has no secrets with a file')
    if (replaced.length > 0) {
      this.log('Databases still have the old passwords: change them there, then deploy.')
    }
  }
}
