import type {Cart} from './types.js'

import {request} from './client.js'

/** The cart of the account that is signed in. */
export function getCart(signal?: AbortSignal): Promise<Cart> {
  return request('/cart', {signal})
}

/** Sets how many of a product are wanted; not an increment, so that sending it twice does no harm. */
export function putCartItem(productId: number, quantity: number): Promise<Cart> {
  return request(`/cart/items/${productId}`, {method: 'PUT', body: {quantity}})
}

export function deleteCartItem(productId: number): Promise<Cart> {
  return request(`/cart/items/${productId}`, {method: 'DELETE'})
}
