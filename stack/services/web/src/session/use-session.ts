import {useSyncExternalStore} from 'react'
import type {SignedIn} from '../api/types'
import {currentSession, subscribeToSession} from './session-store'

/** Who is signed in, null for a visitor. */
export function useSession(): SignedIn | null {
  return useSyncExternalStore(subscribeToSession, currentSession)
}
