export interface AppErrorOptions {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly fields?: Readonly<Record<string, string>>
  /** Further members of `error` in the answer. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** An error that the client may read: it becomes `{error: {code, message, …}}` with its status. */
export class AppError extends Error {
  readonly status: number
  readonly code: string
  readonly fields: Readonly<Record<string, string>> | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(options: AppErrorOptions) {
    super(options.message, {cause: options.cause})
    this.name = 'AppError'
    this.status = options.status
    this.code = options.code
    this.fields = options.fields
    this.details = options.details ?? {}
  }
}

export function notFound(what: string): AppError {
  return new AppError({status: 404, code: 'not_found', message: `no such ${what}`})
}

export function forbidden(message: string): AppError {
  return new AppError({status: 403, code: 'forbidden', message})
}
