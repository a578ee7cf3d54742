/** Commands that the stack asks to have run on the host: `x-stackctl.hooks`. Their output is progress, not result. */
import type {HookKind} from '../stack/hook-kinds.js'
import type {HookCommand} from '../stack/model.js'
import type {Surroundings} from './facts.js'

import {AtRiskError, ConfigError, MigrationError, StackError, UnhealthyError} from '../errors.js'
import {Redactor} from '../secrets/redactor.js'
import {unspeakableValues} from '../secrets/values.js'
import {runOnHost} from './host-command.js'

/** What a hook is told about the run, beside the stack. */
export interface HookFacts {
  readonly command: string
  /** The release that is being made, once it has a number. */
  readonly release?: number | undefined
  /** The release that served before; undefined for the first. */
  readonly previousRelease?: number | undefined
  /** How the run ended, in the words of a release record. */
  readonly result?: string | undefined
  /** Why it failed. */
  readonly error?: unknown
}

export interface HookRequest {
  readonly surroundings: Surroundings
  readonly facts: HookFacts
}

const LAST_LINES = 20

/**
 * Runs the hooks of a kind in the project directory, in order, until one fails. `pre-build` and `pre-deploy` throw
 * ConfigError (exit 3), `pre-migrate` MigrationError (exit 10): nothing was changed. For `post-deploy` and `on-failure` the
 * outcome of the run stands already: a hook that fails is a warning, W_HOOK, and the others run all the same.
 */
export async function runHooks(kind: HookKind, {facts, surroundings}: HookRequest): Promise<void> {
  const {emit, signal, stack} = surroundings
  const hooks = stack.settings.hooks[kind]
  if (hooks.length === 0) return
  const env = await environmentOf(kind, {facts, surroundings})
  for (const {argv, timeoutMs} of hooks) {
    const lines: string[] = []
    const failure = await runOnHost({
      argv,
      timeoutMs,
      cwd: stack.directory,
      env,
      // The signal that ended the run would end every hook that is to tell about it.
      ...(kind !== 'on-failure' && {signal}),
      onLine: (line) => {
        lines.push(line)
        emit({type: 'output', source: kind, line})
      },
    })
    if (failure === undefined) continue
    if (!isAfterwards(kind)) {
      signal.throwIfAborted()
      throw refusal(kind, {argv, failure, lines})
    }

    emit({
      type: 'warning',
      code: 'W_HOOK',
      message: `${describe(kind, argv)} ${failure}; the outcome of the run stands`,
    })
  }
}

/**
 * Runs `pre-deploy`, the work, and `post-deploy` or `on-failure`. To be called under the lock, once the plan is approved;
 * `work` has undone what it had to when it throws. Throws what `work` throws, whatever becomes of the hooks.
 */
export async function withHooks<T>({facts, surroundings}: HookRequest, work: () => Promise<T>): Promise<T> {
  let done: T
  try {
    await runHooks('pre-deploy', {surroundings, facts})
    done = await work()
  } catch (error) {
    const cause: unknown =
      surroundings.signal.aborted && !(error instanceof StackError) ? surroundings.signal.reason : error
    const result = facts.result ?? resultOf(cause, surroundings.signal)
    await warnOnly(surroundings, () => runHooks('on-failure', {surroundings, facts: {...facts, result, error: cause}}))
    throw error
  }

  await warnOnly(surroundings, () =>
    runHooks('post-deploy', {surroundings, facts: {...facts, result: facts.result ?? 'deployed'}}),
  )
  return done
}

/** Afterwards nothing about a hook may change how the run ended. */
async function warnOnly({emit}: Surroundings, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    emit({type: 'warning', code: 'W_HOOK', message: `hooks could not be run: ${String(error)}`})
  }
}

function resultOf(error: unknown, signal: AbortSignal): string {
  if (error instanceof AtRiskError) return 'rollback-failed'
  if (signal.aborted) return 'interrupted'
  return error instanceof UnhealthyError ? 'rolled-back' : 'failed'
}

function isAfterwards(kind: HookKind): boolean {
  return kind === 'post-deploy' || kind === 'on-failure'
}

async function environmentOf(kind: HookKind, {facts, surroundings}: HookRequest): Promise<Record<string, string>> {
  const {env, stack} = surroundings
  const {command, previousRelease, release, result} = facts
  const told = {
    STACKCTL_HOOK: kind,
    STACKCTL_COMMAND: command,
    STACKCTL_PROJECT: stack.project,
    STACKCTL_ENVIRONMENT: stack.environment,
    STACKCTL_RELEASE: release,
    STACKCTL_PREVIOUS_RELEASE: previousRelease,
    STACKCTL_RESULT: result,
    ...(kind === 'on-failure' && (await errorVariables(surroundings, facts.error))),
  }
  // What is not known is empty, so that a hook under `set -u` does not fail, and a variable of the shell does not lie.
  const texts = Object.entries(told).map(([name, value]) => [name, String(value ?? '')])
  const inherited = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {...Object.fromEntries(inherited), ...(Object.fromEntries(texts) as Record<string, string>)}
}

async function errorVariables({env, stack}: Surroundings, error: unknown): Promise<Record<string, string>> {
  const redactor = new Redactor()
  redactor.add(await unspeakableValues(stack, env))
  return {
    STACKCTL_ERROR_CODE: error instanceof StackError ? error.code : 'E_BUG',
    STACKCTL_ERROR: redactor.text(error instanceof Error ? error.message : String(error)),
  }
}

function refusal(
  kind: HookKind,
  {argv, failure, lines}: {argv: HookCommand['argv']; failure: string; lines: readonly string[]},
): ConfigError | MigrationError {
  const details = {
    facts: {hook: kind, lastLines: lines.slice(-LAST_LINES)},
    suggestions: [`the command stands in x-stackctl.hooks.${kind} of the compose file`],
  }
  const what = `${describe(kind, argv)} ${failure}`
  if (kind === 'pre-migrate') return new MigrationError(`${what}; nothing was migrated and nothing swapped`, details)
  return new ConfigError(`${what}; nothing was changed at the engine`, details)
}

function describe(kind: HookKind, argv: readonly string[]): string {
  return `${kind} hook "${argv.join(' ')}"`
}
