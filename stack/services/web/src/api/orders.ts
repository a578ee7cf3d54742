import type {Order, Paged} from './types.js'

import {asApiError} from './api-error.js'
import {request} from './client.js'

/** An order takes locks on the stock of every product in it, and may wait for others. */
const PLACE_TIMEOUT_MS = 30_000

const RETRY_AFTER_MS = 1000

/**
 * Buys what is in the cart. The same key again gives the same order and never a second one, so a lost answer is asked
 * for again here, once, and by the customer as often as it takes.
 */
export async function placeOrder(idempotencyKey: string): Promise<Order> {
  try {
    return await postOrder(idempotencyKey)
  } catch (error) {
    if (asApiError(error).kind === 'refused') throw error
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS))
    return postOrder(idempotencyKey)
  }
}

export function listOrders(page: number, signal?: AbortSignal): Promise<Paged<Order>> {
  return request(`/orders?page=${page}`, {signal})
}

export async function getOrder(id: number, signal?: AbortSignal): Promise<Order> {
  const {order} = await request<{order: Order}>(`/orders/${id}`, {signal})
  return order
}

export async function cancelOrder(id: number): Promise<Order> {
  const {order} = await request<{order: Order}>(`/orders/${id}`, {method: 'PATCH', body: {status: 'cancelled'}})
  return order
}

async function postOrder(idempotencyKey: string): Promise<Order> {
  const {order} = await request<{order: Order}>('/orders', {
    method: 'POST',
    body: {},
    headers: {'idempotency-key': idempotencyKey},
    timeoutMs: PLACE_TIMEOUT_MS,
  })
  return order
}
