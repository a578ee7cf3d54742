import {useEffect, useEffectEvent} from 'react'

import {followOrderEvents} from './order-events.js'

/**
 * Calls back when an order of this customer has changed. Only while the page is seen: over HTTP/1.1 a browser has six
 * connections to a site, and forgotten tabs would use them up.
 */
export function useOrderEvents(onChange: () => void): void {
  const changed = useEffectEvent(onChange)

  useEffect(() => {
    let controller = new AbortController()
    const follow = () => {
      controller.abort()
      controller = new AbortController()
      if (document.visibilityState === 'visible') void followOrderEvents(changed, controller.signal)
    }

    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      controller.abort()
    }
  }, [])
}
