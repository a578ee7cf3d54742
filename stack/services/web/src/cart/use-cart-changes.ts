import {useCallback, useState} from 'react'
import {asApiError} from '../api/api-error'
import type {Cart} from '../api/types'
import type {CartProduct} from './cart-store'
import type {InTurn} from './use-turns'

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
      } catch (thrown) {
        announce(asApiError(thrown).message)
        return false
      } finally {
        setBusyIds((ids) => new Set([...ids].filter((id) => id !== productId)))
      }
    },
    [announce, inTurn, replace],
  )
  return {busyIds, change}
}
