import type {SignedIn} from '../api/types.js'

/*
 * The token is kept in localStorage, not in memory or sessionStorage: a reload, a link opened in a new tab and a second
 * window stay signed in, and a sign-out in one tab reaches all of them. A script that runs in the page could read it,
 * as it could use any cookie; what stands against that is the Content-Security-Policy (no inline and no foreign
 * script), a token that lives for an hour, and that no request is authorised by something a browser sends by itself,
 * so that there is nothing for another site to forge.
 */
const STORAGE_KEY = 'harbour.session'
const listeners = new Set<() => void>()
let current = read()

/** The session as it is now, null when nobody is signed in. The same object until it changes. */
export function currentSession(): SignedIn | null {
  return current
}

export function startSession(session: SignedIn): void {
  save(JSON.stringify(session))
  publish(session)
}

export function endSession(): void {
  save(null)
  publish(null)
}

/** For useSyncExternalStore: also hears what other tabs do. */
export function subscribeToSession(listener: () => void): () => void {
  if (listeners.size === 0) globalThis.addEventListener('storage', onStorage)
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) globalThis.removeEventListener('storage', onStorage)
  }
}

function onStorage(event: StorageEvent) {
  if (event.key === STORAGE_KEY || event.key === null) publish(read())
}

function publish(session: SignedIn | null) {
  current = session
  for (const listener of listeners) listener()
}

function read(): SignedIn | null {
  try {
    const session: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? 'null')
    return isSession(session) && Date.parse(session.expiresAt) > Date.now() ? session : null
  } catch {
    return null
  }
}

/** A browser that refuses storage still gets a session, until the next reload. */
function save(text: string | null) {
  try {
    if (text === null) localStorage.removeItem(STORAGE_KEY)
    else localStorage.setItem(STORAGE_KEY, text)
  } catch {}
}

function isSession(value: unknown): value is SignedIn {
  return typeof value === 'object' && value !== null && 'token' in value && 'expiresAt' in value && 'user' in value
}
