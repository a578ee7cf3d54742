import {Navigate, Outlet, useLocation} from 'react-router'

import {useSession} from './use-session.js'

/** Shows its pages to a signed-in customer; others go to sign in first and come back afterwards. */
export function RequireSession() {
  const session = useSession()
  const {pathname} = useLocation()
  if (session) return <Outlet />
  return <Navigate to={`/sign-in?next=${encodeURIComponent(pathname)}`} replace />
}

/** Where a sign-in leads. Only paths of this site: a link from elsewhere must not send a customer away. */
export function pathAfterSignIn(next: string | null): string {
  if (!next?.startsWith('/')) return '/'
  const url = new URL(next, globalThis.location.origin)
  return url.origin === globalThis.location.origin ? url.pathname + url.search : '/'
}
