import {useCallback, useEffect, useState} from 'react'

import type {Cart} from '../api/types.js'
import type {InTurn} from './use-turns.js'

import {type ApiError, asApiError} from '../api/api-error.js'
import {type CartStore, EMPTY_CART} from './cart-store.js'
import {isVisitorCartKey} from './visitor-cart.js'

interface StoredCartOptions {
  store: CartStore
  /** Whose cart it is. Lines of one owner are never shown to the next, not even for a moment. */
  owner: number | 'visitor'
  inTurn: InTurn
}

interface Reading {
  owner: number | 'visitor'
  attempt: number
  cart?: Cart | undefined
  error?: ApiError | undefined
}

/** Reads the owner's cart, and again when it is asked to or when another tab has changed it. */
export function useStoredCart({store, owner, inTurn}: StoredCartOptions) {
  const [attempt, setAttempt] = useState(0)
  const [reading, setReading] = useState<Reading>()
  const reload = useCallback(() => setAttempt((count) => count + 1), [])
  const replace = useCallback((cart: Cart) => setReading({owner, attempt, cart}), [owner, attempt])

  useEffect(() => {
    const {signal, abort} = abortable()
    const read = () => (attempt === 0 ? store.load(signal) : store.refresh(signal))
    const settle = (outcome: Pick<Reading, 'cart' | 'error'>) => {
      if (!signal.aborted) setReading((old) => ({owner, attempt, cart: own(old, owner)?.cart, ...outcome}))
    }

    inTurn(async () => (signal.aborted ? undefined : read())).then(
      (cart) => cart && settle({cart}),
      (error: unknown) => settle({error: asApiError(error)}),
    )
    return abort
  }, [store, owner, attempt, inTurn])

  useChangesOfOtherTabs(reload)
  const mine = own(reading, owner)
  const settled = mine?.attempt === attempt
  return {
    cart: mine?.cart ?? EMPTY_CART,
    loading: !mine?.cart && !settled,
    error: settled ? mine.error : undefined,
    reload,
    replace,
  }
}

function own(reading: Reading | undefined, owner: Reading['owner']): Reading | undefined {
  return reading?.owner === owner ? reading : undefined
}

function abortable() {
  const controller = new AbortController()
  return {signal: controller.signal, abort: () => controller.abort()}
}

function useChangesOfOtherTabs(reload: () => void) {
  useEffect(() => {
    const onStorage = (event: StorageEvent) => isVisitorCartKey(event.key) && reload()
    globalThis.addEventListener('storage', onStorage)
    return () => globalThis.removeEventListener('storage', onStorage)
  }, [reload])
}
