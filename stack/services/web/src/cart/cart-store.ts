import type {Cart, CartLine} from '../api/types.js'

/** What a cart needs to know of a product that goes into it. */
export type CartProduct = Pick<CartLine, 'productId' | 'name' | 'image' | 'priceCents' | 'stock'>

/** A place that keeps a cart. Every change gives the whole cart as it is afterwards. */
export interface CartStore {
  /** The cart for the first look: what is at hand is enough. */
  load: (signal: AbortSignal) => Promise<Cart>
  /** The cart with today's prices and stock. */
  refresh: (signal: AbortSignal) => Promise<Cart>
  setQuantity: (product: CartProduct, quantity: number) => Promise<Cart>
  remove: (productId: number) => Promise<Cart>
}

export const EMPTY_CART: Cart = {items: [], totalCents: 0, itemCount: 0}

/** The most of one product that a cart takes. */
const MAX_QUANTITY = 99

export function maxQuantity({stock}: {stock: number}): number {
  return Math.min(stock, MAX_QUANTITY)
}
