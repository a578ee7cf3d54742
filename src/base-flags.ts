/** Flags and arguments that several commands share. */
import {Args, Errors, Flags} from '@oclif/core'

import {PROGRESS_MODES} from './lib/progress/renderer.js'
import {extensionDurationMs} from './lib/stack/duration.js'

/** `static args = {environment: environmentArg}`: the environment as the optional positional. */
export const environmentArg = Args.string({
  name: 'environment',
  // Otherwise oclif takes what stands on stdin: a deploy in a `while read` loop would deploy what the loop reads.
  ignoreStdin: true,
  description: 'environment, a directory below config/: development, staging, production',
})

/** `static flags = {env: environmentFlag}`: the same for commands whose positional is something else. */
export const environmentFlag = Flags.string({
  char: 'e',
  helpValue: '<environment>',
  summary: 'Environment, a directory below config/.',
})

/** `-f` is --file, except where docker compose gives it to --follow. */
export function fileFlag(options: {char?: 'f'} = {}) {
  return Flags.string({
    ...options,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: '<path>',
    summary: 'Compose file; may be given several times.',
    helpGroup: 'GLOBAL',
  })
}

/** `static flags = {service: servicesFlag}`: only these services, and what they depend on as far as it is missing. */
export const servicesFlag = Flags.string({
  char: 's',
  multiple: true,
  multipleNonGreedy: true,
  helpValue: '<service>',
  summary: 'Only this service; may be given several times.',
})

/** `static flags = {'wait-lock': waitLockFlag}`, on every command that takes the lock of a stack; in milliseconds. */
export const waitLockFlag = Flags.custom<number>({
  helpValue: '<duration>',
  summary: 'Wait so long for another run that changes the stack, e.g. 5m, instead of failing at once (exit 5).',
  parse: async (text) => {
    const ms = extensionDurationMs(text)
    if (ms === undefined) throw new Errors.CLIError(`"${text}" is no duration: write 90s, 5m or 1h`)
    return ms
  },
})()

/** Every command has these. */
export const baseFlags = {
  file: fileFlag({char: 'f'}),
  'project-directory': Flags.string({
    helpValue: '<path>',
    summary: 'Directory that relative paths in the compose files start from.',
    helpGroup: 'GLOBAL',
  }),
  profile: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: '<name>',
    summary: 'Compose profile to activate; may be given several times.',
    helpGroup: 'GLOBAL',
  }),
  context: Flags.string({
    helpValue: '<name>',
    summary: 'Docker context of the engine (default: DOCKER_HOST, DOCKER_CONTEXT, the current context).',
    helpGroup: 'GLOBAL',
  }),
  progress: Flags.option({
    options: PROGRESS_MODES,
    default: 'auto' as const,
    env: 'STACKCTL_PROGRESS',
    summary: 'How progress is shown, on stderr.',
    helpGroup: 'GLOBAL',
  })(),
}
