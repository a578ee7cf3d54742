/**
 * A release: what a stack was brought to, when, by whom, and how that ended. Types only.
 *
 * A record is the readable part: it never holds the value of a variable, a config or a secret. What is needed to bring
 * the release back (the resolved stack) is its snapshot, which is written beside it and shown to nobody.
 */
import type {ComposeProject} from '../stack/compose-types.js'

/**
 * `running` until the run that makes it has ended; a release that stays `running` was cut short and is resumed, aborted
 * or superseded by the next one. `paused`: `failure_action: pause` stopped it half way, on purpose.
 */
export type ReleaseResult =
  | 'running'
  | 'deployed'
  | 'paused'
  | 'rolled-back'
  | 'rollback-failed'
  | 'interrupted'
  | 'failed'
  | 'aborted'
  | 'superseded'

export interface ReleaseRecord {
  readonly schema: 'stackctl.release-record.v1'
  readonly project: string
  readonly environment: string | undefined
  /** Counted from 1; never used twice, whatever became of it. */
  readonly release: number
  readonly command: string
  readonly by: {readonly user: string; readonly host: string}
  readonly startedAt: string
  readonly result: ReleaseResult
  /** It passed its monitor window: something to go back to. */
  readonly stable: boolean
  /** The release that served before; undefined for the first. */
  readonly from: number | undefined
  /** The release that this one brings back. */
  readonly rollbackOf: number | undefined
  readonly finishedAt: string | undefined
  readonly durationMs: number | undefined
  readonly error: {readonly code: string; readonly message: string} | undefined
  /** Jobs that ran to their end in it: going back across them needs --force. */
  readonly migrated: readonly string[]
  readonly services: Readonly<Record<string, ReleaseService>>
}

export interface ReleaseService {
  /** What its replicas carry as their label. */
  readonly configHash: string
  readonly image: {
    readonly reference: string
    /** What the config hash was made with: `build:<hash>`, or the id of a pulled image. */
    readonly identity: string
    /** Id at the engine: `sha256:…`. Undefined until it was built or pulled. */
    readonly id: string | undefined
    /** `name@sha256:…` at registries. */
    readonly digests: readonly string[]
  }
  readonly replicas: number
  /** Jobs have no replicas. */
  readonly job: boolean
  /** SHA-256 of the resolved environment, to see that it changed. */
  readonly environmentHash: string
  /** By `config:<key>` or `secret:<key>`: SHA-256 of the content, and where it is kept on the state volume. */
  readonly files: Readonly<Record<string, {readonly sha256: string; readonly path: string}>>
}

/** The resolved stack of a release, as docker compose gave it and `stack/normalise.ts` left it. Holds secrets of `environment:`. */
export interface ReleaseSnapshot {
  readonly schema: 'stackctl.release-snapshot.v1'
  readonly compose: ComposeProject
  readonly directory: string
  readonly files: readonly string[]
  readonly environment: string | undefined
  readonly envFile: string | undefined
  readonly composeArgs: readonly string[]
  readonly composeVersion: string | undefined
  /** docker compose's own hash of each service, for its label. */
  readonly composeHashes: Readonly<Record<string, string>>
}

/** One line of a release's journal, written before the thing is done (`started`) and after it (`done`, `failed`). */
export interface JournalEntry {
  readonly at: string
  /** Id of a step of the plan, or `undo/<n>/<id>` while it is taken back. */
  readonly step: string
  readonly state: 'started' | 'done' | 'failed'
}

/** Replicas that `scale` asked for, and what the file said at that moment: the memory ends when the file says otherwise. */
export type ScaleMemory = Readonly<Record<string, {readonly replicas: number; readonly fileReplicas: number}>>

/** One line of the audit log: a command that changed the stack, or tried to. Never holds a secret. */
export interface AuditEntry {
  readonly schema: 'stackctl.audit.v1'
  readonly at: string
  readonly command: string
  readonly by: {readonly user: string; readonly host: string}
  readonly release: number | undefined
  readonly outcome: string
  readonly durationMs: number
  /** What happened, for people: `web 2 → 5 replicas`. */
  readonly summary: string
  readonly error: {readonly code: string; readonly message: string} | undefined
}
