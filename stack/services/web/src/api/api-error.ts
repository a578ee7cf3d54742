import type {Shortage} from './types.js'

/** Why a request failed, in the terms in which a page reacts to it. */
export type FailureKind = 'unreachable' | 'timeout' | 'refused' | 'broken'

export interface ApiFailure {
  kind: FailureKind
  message: string
  /** HTTP status, 0 if no answer came. */
  status?: number
  /** The service's own word for it, such as `out_of_stock`. */
  code?: string
  /** Messages by form field. */
  fields?: Record<string, string>
  /** What ran short, for `out_of_stock`. */
  shortages?: Shortage[]
  requestId?: string | undefined
  cause?: unknown
}

/** A request that did not give what was asked for. Its message can be shown to a customer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly kind: FailureKind
  readonly status: number
  readonly code: string
  readonly fields: Readonly<Record<string, string>>
  readonly shortages: readonly Shortage[]
  readonly requestId: string | undefined

  constructor(failure: ApiFailure) {
    super(failure.message, {cause: failure.cause})
    this.kind = failure.kind
    this.status = failure.status ?? 0
    this.code = failure.code ?? ''
    this.fields = failure.fields ?? {}
    this.shortages = failure.shortages ?? []
    this.requestId = failure.requestId
  }
}

/** Makes any thrown value an ApiError, so that a page has one kind of failure to show. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  return new ApiError({kind: 'broken', message: 'Something went wrong on this page. Please try again.', cause: thrown})
}
