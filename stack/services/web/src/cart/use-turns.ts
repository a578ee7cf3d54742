import {useCallback, useRef} from 'react'

export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Runs pieces of work one after the other. Reads and changes of the cart share one line: two at a time could be answered
 * in the wrong order, and the page would go on with the older cart.
 */
export function useTurns(): InTurn {
  const last = useRef<Promise<unknown>>(Promise.resolve())
  return useCallback((work) => {
    const result = last.current.then(work)
    last.current = result.catch(() => undefined)
    return result
  }, [])
}
