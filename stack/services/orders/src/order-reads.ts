import type {Database} from '@shop/platform'

import type {OrderStatus} from './schemas.js'

export interface OrderItem {
  readonly productId: number
  readonly name: string
  readonly priceCents: number
  readonly quantity: number
  readonly lineTotalCents: number
}

/** An order as its owner sees it. */
export interface Order {
  readonly id: number
  readonly status: OrderStatus
  readonly totalCents: number
  readonly items: readonly OrderItem[]
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface OwnedOrder {
  readonly userId: number
  readonly order: Order
}

export interface OrderPage {
  readonly items: readonly Order[]
  readonly page: number
  readonly pageSize: number
  readonly total: number
}

type OrderRow = Order & {readonly userId: number}

const SELECT_ORDERS = `
  SELECT o.id, o.user_id AS "userId", o.status, o.total_cents AS "totalCents", o.created_at AS "createdAt",
    o.updated_at AS "updatedAt", lines.items
  FROM orders o CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object('productId', product_id, 'name', name, 'priceCents', price_cents,
      'quantity', quantity, 'lineTotalCents', price_cents::bigint * quantity) ORDER BY product_id), '[]') AS items
    FROM order_items WHERE order_id = o.id
  ) lines`

/** Reading orders. */
export class OrderReads {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async find(id: number): Promise<OwnedOrder | undefined> {
    return this.#one('o.id = $1', [id])
  }

  /** The order that this key has made before, and what it was made from. */
  async findByKey(userId: number, key: string): Promise<{requestHash: string; owned: OwnedOrder} | undefined> {
    const {rows} = await this.#database.query<{requestHash: string}>(
      'SELECT request_hash AS "requestHash" FROM orders WHERE user_id = $1 AND idempotency_key = $2',
      [userId, key],
    )
    const owned = await this.#one('o.user_id = $1 AND o.idempotency_key = $2', [userId, key])
    return rows[0] && owned ? {requestHash: rows[0].requestHash, owned} : undefined
  }

  async list(userId: number, window: {page: number; pageSize: number}): Promise<OrderPage> {
    const {page, pageSize} = window
    const [orders, counted] = await Promise.all([
      this.#database.query<OrderRow>(`${SELECT_ORDERS} WHERE o.user_id = $1 ORDER BY o.id DESC LIMIT $2 OFFSET $3`, [
        userId,
        pageSize,
        (page - 1) * pageSize,
      ]),
      this.#database.query<{total: number}>('SELECT count(*) AS total FROM orders WHERE user_id = $1', [userId]),
    ])
    return {items: orders.rows.map((row) => own(row).order), page, pageSize, total: counted.rows[0]?.total ?? 0}
  }

  async #one(condition: string, values: readonly unknown[]): Promise<OwnedOrder | undefined> {
    const {rows} = await this.#database.query<OrderRow>(`${SELECT_ORDERS} WHERE ${condition}`, values)
    return rows[0] && own(rows[0])
  }
}

function own({userId, ...order}: OrderRow): OwnedOrder {
  return {userId, order}
}
