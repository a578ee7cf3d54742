import {useCallback, useState} from 'react'

import type {Cart} from '../api/types.js'
import type {CartProduct} from './cart-store.js'
import type {InTurn} from './use-turns.js'

import {asApiError} from '../api/api-error.js'

interface CartChangesOptions {
  replace: (cart: Cart) => void
  inTurn: InTurn
  announce: (message: string) => void
}

/** Runs changes of the cart, says how each one went, and knows which products are being changed. */
export function useCartChanges({replace, inTurn, announce}: CartChangesOptions) {
  const [busyIds, setBusyIds] = useState<ReadonlySet<number>>(new Set())

  const change = useCallback(
    async ({productId}: CartProduct, work: () => Promise<Cart>, done: string) => {
      setBusyIds((ids) => new Set(ids).add(productId))
      try {
        replace(await inTurn(work))
        announce(done)
        return true
      } catch (error) {
        announce(asApiError(error).message)
        return false
      } finally {
        setBusyIds((ids) => new Set([...ids].filter((id) => id !== productId)))
      }
    },
    [announce, inTurn, replace],
  )
  return {busyIds, change}
}
