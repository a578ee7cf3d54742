import {AppError, type Database, forbidden, type Identity, notFound} from '@shop/platform'

import type {OrderStatus} from './schemas.js'

import {returnStock} from './stock.js'

const NEXT: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ['confirmed', 'cancelled'],
  confirmed: ['shipped', 'cancelled'],
  shipped: ['delivered'],
  delivered: [],
  cancelled: [],
}

/** Moves an order to its next status; a cancelled order gives its stock back, in the same transaction. */
export function moveOrder(
  database: Database,
  move: {orderId: number; status: OrderStatus; by: Identity},
): Promise<void> {
  const {orderId, status, by} = move
  return database.transaction(async (client) => {
    const {rows} = await client.query<{userId: number; status: OrderStatus}>(
      'SELECT user_id AS "userId", status FROM orders WHERE id = $1 FOR UPDATE',
      [orderId],
    )
    const current = rows[0]
    if (!current || (current.userId !== by.userId && by.role !== 'admin')) throw notFound('order')
    if (by.role !== 'admin' && (status !== 'cancelled' || current.status !== 'pending')) {
      throw forbidden('the owner of an order may cancel it while it is pending, nothing else')
    }
    if (!NEXT[current.status].includes(status)) throw wrongStep(current.status, status)
    await client.query('UPDATE orders SET status = $2, updated_at = now() WHERE id = $1', [orderId, status])
    if (status === 'cancelled') await returnStock(client, orderId)
  })
}

function wrongStep(from: OrderStatus, to: OrderStatus): AppError {
  const possible = NEXT[from].join(' or ') || 'nothing'
  const message = `an order that is ${from} cannot become ${to}; possible: ${possible}`
  return new AppError({status: 409, code: 'invalid_transition', message})
}
