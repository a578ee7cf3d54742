/** Commands that the stack asks to have run on the host: `x-stackctl.hooks`. Their output is progress, not result. */
import type {Surroundings} from './facts.js'

import {ConfigError} from '../errors.js'

const LAST_LINES = 20

/** Runs `hooks.pre-build` in the project directory, in order. Throws ConfigError at the first that fails; nothing was touched. */
export async function runPreBuildHooks({emit, env, signal, stack}: Surroundings): Promise<void> {
  const hooks = stack.settings.hooks.preBuild
  if (hooks.length === 0) return
  const {execa} = await import('execa')
  for (const [command = '', ...args] of hooks) {
    const lines: string[] = []
    const options = {
      cwd: stack.directory,
      env: {...env, STACKCTL_PROJECT: stack.project},
      extendEnv: false,
      all: true,
      reject: false,
      stdin: 'ignore',
      cancelSignal: signal,
    } as const
    const running = execa(command, args, options)
    for await (const line of running.iterable({from: 'all'})) {
      lines.push(line)
      emit({type: 'output', source: 'pre-build', line})
    }

    const result = await running
    signal.throwIfAborted()
    if (result.failed) throw failure([command, ...args], result.exitCode, lines)
  }
}

function failure(argv: readonly string[], exitCode: number | undefined, lines: readonly string[]): ConfigError {
  const how = exitCode === undefined ? 'could not be started' : `exited with code ${exitCode}`
  return new ConfigError(`pre-build hook "${argv.join(' ')}" ${how}; nothing was changed at the engine`, {
    facts: {lastLines: lines.slice(-LAST_LINES)},
    suggestions: ['the command stands in x-stackctl.hooks.pre-build of the compose file'],
  })
}
