import type {Cart, CartLine} from '../api/types.js'

import {ApiError} from '../api/api-error.js'
import {deleteCartItem, getCart, putCartItem} from '../api/carts.js'
import {type CartStore, maxQuantity} from './cart-store.js'
import {takeVisitorLine, visitorCart} from './visitor-cart.js'

/** The cart of the account that is signed in: kept by the shop, the same in every browser. */
export const accountCart: CartStore = {
  load: async (signal) => mergeVisitorCart(await getCart(signal)),
  refresh: async (signal) => mergeVisitorCart(await getCart(signal)),
  setQuantity: ({productId}, quantity) => putCartItem(productId, quantity),
  remove: (productId) => deleteCartItem(productId),
}

/** Moves what was put in before the sign-in into the account's cart; what cannot be moved now stays for the next time. */
async function mergeVisitorCart(cart: Cart): Promise<Cart> {
  let merged = cart
  for (let line = takeVisitorLine(); line; line = takeVisitorLine()) {
    try {
      merged = (await mergeLine(line, merged)) ?? merged
    } catch (error) {
      await visitorCart.setQuantity(line, line.quantity)
      throw error
    }
  }

  return merged
}

async function mergeLine(line: CartLine, cart: Cart): Promise<Cart | undefined> {
  const held = cart.items.find(({productId}) => productId === line.productId)?.quantity ?? 0
  const quantity = Math.max(Math.min(held + line.quantity, maxQuantity(line)), held)
  if (quantity === held) return
  try {
    return await putCartItem(line.productId, quantity)
  } catch (error) {
    // A product that is no longer sold, or one too many for the cart, is left behind; a shop in trouble is tried again.
    if (error instanceof ApiError && error.kind === 'refused' && error.status !== 401 && error.status !== 429) return
    throw error
  }
}
