import {AppError, type Database, type Queryable} from '@shop/platform'

import type {Line} from './lines.js'

import {type SoldLine, takeStock} from './stock.js'

export interface Purchase {
  readonly userId: number
  /** One per product, by product id. */
  readonly lines: readonly Line[]
  readonly idempotencyKey: string | null
  readonly requestHash: string
}

/**
 * Places an order in one transaction: order, items and stock, all or nothing. Returns the new order's id, or null when
 * the same idempotency key has made an order already.
 */
export function placeOrder(database: Database, purchase: Purchase): Promise<number | null> {
  return database.transaction(async (client) => {
    // First of all, because a second request with the same key waits here for the first one's end.
    const orderId = await insertOrder(client, purchase)
    if (orderId === null) return null
    const sold = await takeStock(client, purchase.lines)
    await insertItems(client, orderId, sold)
    return orderId
  })
}

async function insertOrder(client: Queryable, purchase: Purchase): Promise<number | null> {
  const {rows} = await client.query<{id: number}>(
    `INSERT INTO orders (user_id, total_cents, idempotency_key, request_hash)
     SELECT id, 0, $2, $3 FROM users WHERE id = $1
     ON CONFLICT (user_id, idempotency_key) DO NOTHING RETURNING id`,
    [purchase.userId, purchase.idempotencyKey, purchase.requestHash],
  )
  if (rows[0]) return rows[0].id
  if (purchase.idempotencyKey !== null && (await userExists(client, purchase.userId))) return null
  throw new AppError({status: 401, code: 'unauthorized', message: 'the account of this token is gone'})
}

async function userExists(client: Queryable, userId: number): Promise<boolean> {
  const {rowCount} = await client.query('SELECT 1 FROM users WHERE id = $1', [userId])
  return rowCount === 1
}

async function insertItems(client: Queryable, orderId: number, sold: readonly SoldLine[]): Promise<void> {
  await client.query(
    `INSERT INTO order_items (order_id, product_id, name, price_cents, quantity)
     SELECT $1, * FROM unnest($2::int[], $3::text[], $4::int[], $5::int[])`,
    [
      orderId,
      sold.map(({productId}) => productId),
      sold.map(({name}) => name),
      sold.map(({priceCents}) => priceCents),
      sold.map(({quantity}) => quantity),
    ],
  )
  const totalCents = sold.reduce((sum, {priceCents, quantity}) => sum + priceCents * quantity, 0)
  await client.query('UPDATE orders SET total_cents = $2 WHERE id = $1', [orderId, totalCents])
}
