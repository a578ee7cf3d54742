/**
 * Every error that a user can cause or meet: a class, a stable code, an exit code and what to do next.
 *
 * oclif's handler reads `code`, `suggestions` and `oclif.exit` from any error, so this file needs no oclif.
 */

/** The exit codes of every command; a contract with the scripts that call stackctl (docs/exit-codes.md). */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  configuration: 3,
  unreachable: 4,
  lockHeld: 5,
  unhealthy: 6,
  atRisk: 7,
  finding: 8,
  declined: 9,
  migrationFailed: 10,
  backupIntegrity: 11,
  backupSuspicious: 12,
  waitDeadline: 124,
  sigint: 130,
  sigterm: 143,
} as const

export interface StackErrorDetails {
  /** What to do next, one sentence or command each. */
  readonly suggestions?: readonly string[]
  readonly cause?: unknown
  /** Facts for `--json`: never a secret. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** The base of every expected error. Anything else that is thrown is a bug (exit 1). */
export abstract class StackError extends Error {
  abstract readonly code: string
  abstract readonly exit: number
  readonly suggestions: string[]
  readonly facts: Readonly<Record<string, unknown>>

  constructor(message: string, details: StackErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : {cause: details.cause})
    this.name = new.target.name
    this.suggestions = [...(details.suggestions ?? [])]
    this.facts = details.facts ?? {}
  }

  /** Read by oclif's error handler. */
  get oclif(): {exit: number} {
    return {exit: this.exit}
  }
}

/** A word on the command line that names nothing: an unknown service, environment or option value. */
export class UsageError extends StackError {
  override readonly code: string = 'E_USAGE'
  override readonly exit = EXIT.usage
}

/** The compose files or the settings are wrong. Nothing was touched. */
export class ConfigError extends StackError {
  override readonly code: string = 'E_CONFIG'
  override readonly exit = EXIT.configuration
}

/** A compose or x-stackctl key that stackctl does not honour; ignoring it could change what the file means. */
export class UnsupportedKeyError extends ConfigError {
  override readonly code = 'E_UNSUPPORTED_KEY'
}

/** A required secret is missing, a default or weak. */
export class SecretsError extends ConfigError {
  override readonly code = 'E_SECRETS'
}

/** The state of the host forbids the plan: a port or a name is taken, the disk is full, a base image is missing. */
export class PreflightError extends ConfigError {
  override readonly code: string = 'E_PREFLIGHT'
}

/** An image did not build or cannot be had. Nothing was swapped. */
export class ImageError extends ConfigError {
  override readonly code = 'E_IMAGE'
}

/** The Docker Engine, a tool or a server that is needed does not answer. */
export class UnreachableError extends StackError {
  override readonly code: string = 'E_UNREACHABLE'
  override readonly exit = EXIT.unreachable
}

/** The engine answered, with an error that we did not expect. */
export class EngineError extends UnreachableError {
  override readonly code: string = 'E_ENGINE'
  readonly statusCode: number | undefined

  constructor(message: string, details: StackErrorDetails & {statusCode?: number} = {}) {
    super(message, details)
    this.statusCode = details.statusCode
  }
}

/** This run does not hold the lock of the stack any more: it has stopped, and what it was doing may be half done. */
export class LockLostError extends UnreachableError {
  override readonly code = 'E_LOCK_LOST'
}

/** Another deploy holds the lock of this stack. */
export class LockHeldError extends StackError {
  override readonly code = 'E_LOCK_HELD'
  override readonly exit = EXIT.lockHeld
}

/** A name at the engine is taken; the deploy lock is built on this answer. */
export class EngineConflictError extends EngineError {
  override readonly code = 'E_ENGINE_CONFLICT'
}

/** A release was refused: its replicas did not pass the gate. What served before serves now. */
export class UnhealthyError extends StackError {
  override readonly code = 'E_UNHEALTHY'
  override readonly exit = EXIT.unhealthy
}

/** `failure_action: pause`: a release stopped half way, on purpose. What serves serves on. */
export class PausedError extends StackError {
  override readonly code = 'E_PAUSED'
  override readonly exit = EXIT.unhealthy
}

/** Traffic or data may be at risk: undoing failed. The message says what serves now. */
export class AtRiskError extends StackError {
  override readonly code = 'E_AT_RISK'
  override readonly exit = EXIT.atRisk
}

/** A pre-deploy job failed; no replica was swapped. */
export class MigrationError extends StackError {
  override readonly code = 'E_MIGRATION'
  override readonly exit = EXIT.migrationFailed
}

/** The user said no, or nobody could be asked. */
export class DeclinedError extends StackError {
  override readonly code = 'E_DECLINED'
  override readonly exit = EXIT.declined
}

/** A signal ended the command, after clean-up. */
export class InterruptedError extends StackError {
  override readonly code = 'E_INTERRUPTED'
  override readonly exit: number

  constructor(signal: 'SIGINT' | 'SIGTERM', details: StackErrorDetails = {}) {
    super(`interrupted by ${signal}`, details)
    this.exit = signal === 'SIGINT' ? EXIT.sigint : EXIT.sigterm
  }
}
