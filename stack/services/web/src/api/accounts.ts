import type {SignedIn} from './types.js'

import {request} from './client.js'

export interface Credentials {
  email: string
  password: string
}

/** Signs a known customer in. */
export function signIn(credentials: Credentials): Promise<SignedIn> {
  return request('/auth/login', {method: 'POST', body: credentials})
}

/** Makes an account and signs its owner in. */
export function signUp(account: Credentials & {name: string}): Promise<SignedIn> {
  return request('/auth/register', {method: 'POST', body: account})
}
