/** The parts of `docker compose config --format json` that stackctl reads. Keys it does not list are checked in `honoured.ts`. */

export interface ComposeProject {
  readonly name: string
  readonly services?: Readonly<Record<string, ComposeService>>
  readonly networks?: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>
  readonly volumes?: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>
  readonly configs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly 'x-stackctl'?: unknown
  readonly [key: string]: unknown
}

export interface ComposeService {
  readonly image?: string
  readonly [key: string]: unknown
}
