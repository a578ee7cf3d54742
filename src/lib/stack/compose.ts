import type {ComposeProject} from './compose-types.js'
import type {ComposeInvocation} from './environment.js'
import type {Stack} from './model.js'

/**
 * From compose files to a Stack, through `docker compose config`: merging, interpolation, `extends`, `include` and
 * profiles are docker compose's own.
 *
 * Its YAML output is read, not its JSON: up to 2.26 at least the JSON lacks the extension keys of services
 * (`x-stackctl`), and spells some keys otherwise. The output needs no engine.
 */
import {ConfigError} from '../errors.js'
import {composeFailure, unsetVariables, warningsOf} from './compose-errors.js'
import {type ComposeRun, composeVersion, runCompose} from './compose-run.js'
import {readExtensions} from './extension.js'
import {checkHonoured} from './honoured.js'
import {normalise, withReplicas} from './normalise.js'
import {findPlaces} from './places.js'
import {readModel} from './read-model.js'

export interface LoadOptions {
  readonly signal?: AbortSignal | undefined
  /** The environment of docker compose; default: our own. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Unset variables are warnings, not an error: for commands that only show the stack. */
  readonly allowUnset?: boolean
  /** Replicas by service, in place of what the files say: as `docker compose up --scale`. */
  readonly replicas?: Readonly<Record<string, number>>
}

/** Resolves the compose files and reads them into the model. Every failure names file and place. */
export async function loadStack(invocation: ComposeInvocation, options: LoadOptions = {}): Promise<Stack> {
  const run: ComposeRun = {directory: invocation.directory, signal: options.signal, env: options.env}
  // Side by side: the version costs no time of its own, and a too old docker compose explains any other failure.
  const [version, result, yaml] = await Promise.all([
    composeVersion(run),
    runCompose([...invocation.args, 'config'], run),
    import('yaml'),
  ])
  if (result.exitCode !== 0) throw await composeFailure(result.stderr, invocation)
  await refuseUnset(result.stderr, invocation, options)
  // docker compose doubles every `$` of its output, so that the output is a compose file again.
  const parsed = yaml.parse(result.stdout.replaceAll('$$', '$'), {maxAliasCount: -1}) as ComposeProject
  const normal = normalise(parsed, {composeVersion: version, directory: invocation.directory})
  const project = withReplicas(normal, options.replicas ?? {})
  await checkHonoured(project, invocation.files)
  const stack = readModel(project, invocation, await readExtensions(project, invocation.files))
  if (stack.services.length === 0) throw noServices(invocation)
  const warnings = [...warningsOf(result.stderr), ...(stack.warnings ?? [])]
  return {...stack, composeArgs: invocation.args, composeVersion: version, warnings}
}

/** A blank where a value was meant, a password above all, is how accidents happen: refused unless `${X:-}` allows it. */
async function refuseUnset(stderr: string, invocation: ComposeInvocation, options: LoadOptions): Promise<void> {
  const names = unsetVariables(stderr)
  if (names.length === 0 || options.allowUnset) return
  const places = await findPlaces(invocation.files, invocation.envFile)
  const listed = names.map((name) => {
    const place = places.ofVariable(name)
    return place === undefined ? name : `${name} (${place})`
  })
  const where = invocation.envFile ?? 'the environment or .env'
  throw new ConfigError(`${names.length === 1 ? 'variable is' : 'variables are'} not set: ${listed.join(', ')}`, {
    suggestions: [`Set ${names.join(', ')} in ${where}, or write \${${names[0] ?? 'NAME'}:-} where a blank is meant.`],
    facts: {variables: names},
  })
}

function noServices({files, directory}: ComposeInvocation): ConfigError {
  return new ConfigError(`no service is active in ${files.join(', ') || directory}`, {
    suggestions: ['Add a service, or activate a profile with --profile or COMPOSE_PROFILES.'],
  })
}
