/** What the process was started with. The only reader of `process.env` besides oclif's flags. */

export type RuntimeConfig = {
  /** For child processes and for finding the engine: the environment as it is. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Show causes and stack traces. */
  readonly debug: boolean
  readonly ci: boolean
  readonly githubActions: boolean
  /** The terminal cannot move its cursor. */
  readonly dumbTerminal: boolean
}

/** Reads the surroundings once; everything below the commands gets them as a value. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): RuntimeConfig {
  return {
    env,
    debug: isSet(env.DEBUG),
    ci: isSet(env.CI),
    githubActions: env.GITHUB_ACTIONS === 'true',
    dumbTerminal: env.TERM === 'dumb',
  }
}

/** Whether to colour text for this stream: NO_COLOR and FORCE_COLOR are honoured (no-color.org). */
export function wantsColour(config: RuntimeConfig, stream: {readonly isTTY?: boolean}): boolean {
  if (isSet(config.env.NO_COLOR)) return false
  if (isSet(config.env.FORCE_COLOR)) return true
  return stream.isTTY === true && !config.dumbTerminal
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}
