import {createContext, useContext} from 'react'

import type {ApiError} from '../api/api-error.js'
import type {Cart} from '../api/types.js'

import {type CartProduct, EMPTY_CART} from './cart-store.js'

export interface CartState {
  cart: Cart
  /** True until the cart has been read once. */
  loading: boolean
  /** Why the cart could not be read. */
  error: ApiError | undefined
  /** Products that a change is under way for. */
  busyIds: ReadonlySet<number>
  reload: () => void
  /** Both tell the live region what happened, a failure included; they give true when it was done. */
  setQuantity: (product: CartProduct, quantity: number) => Promise<boolean>
  remove: (product: CartProduct) => Promise<boolean>
}

export const CartContext = createContext<CartState>({
  cart: EMPTY_CART,
  loading: true,
  error: undefined,
  busyIds: new Set(),
  reload: () => undefined,
  setQuantity: async () => false,
  remove: async () => false,
})

export function useCart(): CartState {
  return useContext(CartContext)
}
