import type {Shortage} from './types.js'

import {ApiError} from './api-error.js'

/** The body of an error as the services write it. A proxy in between may have put anything in its place. */
interface ErrorBody {
  error?: {code?: string; message?: string; fields?: Record<string, string>; products?: Shortage[]}
  requestId?: string
}

const SERVER_ERROR = 500

/** Reads an answer that is not a success into an error that a customer can be shown. */
export async function refusal(response: Response): Promise<ApiError> {
  const {error = {}, requestId} = await readBody(response)
  return new ApiError({
    kind: response.status >= SERVER_ERROR ? 'broken' : 'refused',
    status: response.status,
    code: error.code ?? '',
    message: wording(response, error),
    fields: error.fields ?? {},
    shortages: error.products ?? [],
    requestId: requestId ?? response.headers.get('x-request-id') ?? undefined,
  })
}

function wording(response: Response, {code = '', message}: NonNullable<ErrorBody['error']>): string {
  if (response.status === 429) return `Too many requests from your network. Please try again ${waitOf(response)}.`
  if (response.status >= SERVER_ERROR) return 'The shop is having trouble right now. Please try again in a moment.'
  return WORDINGS[code] ?? message ?? `The shop refused this request (${response.status}).`
}

const WORDINGS: Record<string, string> = {
  unauthorized: 'Your session has ended. Please sign in again.',
  invalid_credentials: 'The e-mail address or the password is not right.',
  email_taken: 'There is already an account with this e-mail address.',
  validation_failed: 'Some of the details are not right yet.',
  out_of_stock: 'Some of the products have sold out in the meantime.',
  cart_empty: 'Your cart is empty.',
  cart_full: 'Your cart is full: it holds 50 different products.',
  unknown_product: 'A product in your cart is no longer sold.',
  invalid_transition: 'This order can no longer be changed.',
}

function waitOf(response: Response): string {
  const seconds = Number(response.headers.get('retry-after'))
  if (!(seconds > 0)) return 'in a little while'
  return seconds < 90 ? `in ${Math.ceil(seconds)} seconds` : `in ${Math.ceil(seconds / 60)} minutes`
}

async function readBody(response: Response): Promise<ErrorBody> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null ? body : {}
  } catch {
    return {}
  }
}
