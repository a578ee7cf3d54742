import {type ReactNode, useMemo} from 'react'

import {useAnnounce} from '../components/announcer.js'
import {useSession} from '../session/use-session.js'
import {accountCart} from './account-cart.js'
import {CartContext, type CartState} from './cart-context.js'
import {useCartChanges} from './use-cart-changes.js'
import {useStoredCart} from './use-stored-cart.js'
import {useTurns} from './use-turns.js'
import {visitorCart} from './visitor-cart.js'

/** Gives the whole application one cart: the visitor's, or after sign-in the account's. */
export function CartProvider({children}: {children: ReactNode}) {
  const session = useSession()
  const store = session ? accountCart : visitorCart
  const inTurn = useTurns()
  const announce = useAnnounce()
  const {replace, ...stored} = useStoredCart({store, owner: session?.user.id ?? 'visitor', inTurn})
  const {busyIds, change} = useCartChanges({replace, inTurn, announce})

  const {cart, loading, error, reload} = stored
  const state = useMemo<CartState>(
    () => ({
      cart,
      loading,
      error,
      busyIds,
      reload,
      setQuantity: (product, quantity) =>
        change(product, () => store.setQuantity(product, quantity), `${product.name}: ${quantity} in your cart.`),
      remove: (product) =>
        change(product, () => store.remove(product.productId), `${product.name} was removed from your cart.`),
    }),
    [cart, loading, error, busyIds, reload, change, store],
  )
  return <CartContext value={state}>{children}</CartContext>
}
