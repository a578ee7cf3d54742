import {AppError, type Queryable} from '@shop/platform'

import type {Line} from './lines.js'

export interface SoldLine extends Line {
  readonly name: string
  readonly priceCents: number
}

interface Shortage {
  readonly productId: number
  readonly name: string
  readonly requested: number
  readonly available: number
}

/**
 * Takes every line out of the stock, or throws and the transaction undoes all of it. The condition is in the UPDATE
 * itself: two buyers of the last item cannot both pass it. Names and prices are the database's.
 */
export async function takeStock(client: Queryable, lines: readonly Line[]): Promise<SoldLine[]> {
  const ids = lines.map(({productId}) => productId)
  const quantities = lines.map(({quantity}) => quantity)
  await client.query('SELECT id FROM products WHERE id = ANY($1::int[]) ORDER BY id FOR NO KEY UPDATE', [ids])
  const {rows} = await client.query<SoldLine>(
    `UPDATE products SET stock = stock - wanted.quantity, updated_at = now()
     FROM unnest($1::int[], $2::int[]) AS wanted (id, quantity)
     WHERE products.id = wanted.id AND active AND stock >= wanted.quantity
     RETURNING products.id AS "productId", wanted.quantity, name, price_cents AS "priceCents"`,
    [ids, quantities],
  )
  if (rows.length < lines.length) throw await explainShortage(client, lines, rows)
  return rows.toSorted((left, right) => left.productId - right.productId)
}

/** Puts the stock of a cancelled order back. */
export async function returnStock(client: Queryable, orderId: number): Promise<void> {
  await client.query(
    `SELECT products.id FROM products JOIN order_items ON product_id = products.id
     WHERE order_id = $1 ORDER BY products.id FOR NO KEY UPDATE OF products`,
    [orderId],
  )
  await client.query(
    `UPDATE products SET stock = stock + quantity, updated_at = now()
     FROM order_items WHERE order_id = $1 AND product_id = products.id`,
    [orderId],
  )
}

/** The rows are locked, so what is read here is why the UPDATE passed them over. */
async function explainShortage(
  client: Queryable,
  lines: readonly Line[],
  taken: readonly SoldLine[],
): Promise<AppError> {
  const short = lines.filter(({productId}) => !taken.some((line) => line.productId === productId))
  const {rows} = await client.query<{id: number; name: string; stock: number}>(
    'SELECT id, name, stock FROM products WHERE id = ANY($1::int[]) AND active',
    [short.map(({productId}) => productId)],
  )
  const known = new Map(rows.map((row) => [row.id, row]))
  const unknown = short.filter(({productId}) => !known.has(productId))
  if (unknown.length > 0) return unknownProducts(unknown.map(({productId}) => productId))
  return outOfStock(
    short.map(({productId, quantity}) => ({
      productId,
      name: known.get(productId)?.name ?? '',
      requested: quantity,
      available: known.get(productId)?.stock ?? 0,
    })),
  )
}

/** A 422 for products that do not exist, or not any more. */
export function unknownProducts(ids: readonly number[]): AppError {
  const fields = Object.fromEntries(ids.map((id) => [`product ${id}`, 'does not exist']))
  return new AppError({status: 422, code: 'unknown_product', message: `no such product: ${ids.join(', ')}`, fields})
}

function outOfStock(products: readonly Shortage[]): AppError {
  const list = products
    .map(({name, requested, available}) => `${name} (${requested} wanted, ${available} left)`)
    .join(', ')
  return new AppError({status: 409, code: 'out_of_stock', message: `not enough in stock: ${list}`, details: {products}})
}
