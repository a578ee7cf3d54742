import {useSyncExternalStore} from 'react'

import type {SignedIn} from '../api/types.js'

import {currentSession, subscribeToSession} from './session-store.js'

/** Who is signed in, null for a visitor. */
export function useSession(): SignedIn | null {
  return useSyncExternalStore(subscribeToSession, currentSession)
}
