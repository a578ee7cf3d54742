import type {Redis} from 'ioredis'

import {AppError, type Database} from '@shop/platform'

import type {Line} from './lines.js'

import {MAX_LINES} from './schemas.js'
import {unknownProducts} from './stock.js'

interface CartItem extends Line {
  readonly name: string
  readonly image: string
  readonly priceCents: number
  readonly lineTotalCents: number
  readonly stock: number
  readonly available: boolean
}

export interface Cart {
  readonly items: readonly CartItem[]
  readonly totalCents: number
  readonly itemCount: number
}

interface ProductRow {
  readonly id: number
  readonly name: string
  readonly image: string
  readonly priceCents: number
  readonly stock: number
}

const LIFETIME_SECONDS = 30 * 86_400
// The check of the size and the change are one step: two tabs cannot both add the last line.
const PUT = `
  if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[4])
  return 1`
// What was put into the cart while it was being bought stays in it.
const REMOVE_BOUGHT = `
  for i = 1, #ARGV, 2 do
    if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
  end
  return redis.call('HLEN', KEYS[1])`

/** Carts in Redis: product id → quantity. Names and prices are looked up when a cart is shown. */
export class Carts {
  readonly #redis: Redis
  readonly #database: Database

  constructor(redis: Redis, database: Database) {
    this.#redis = redis
    this.#database = database
  }

  async show(userId: number): Promise<Cart> {
    const lines = await this.#lines(userId)
    const products = await this.#products(lines.map(({productId}) => productId))
    const items = lines.flatMap((line) => {
      const product = products.get(line.productId)
      return product ? [cartItem(line, product)] : []
    })
    return {
      items,
      totalCents: items.reduce((sum, {lineTotalCents}) => sum + lineTotalCents, 0),
      itemCount: items.reduce((sum, {quantity}) => sum + quantity, 0),
    }
  }

  async put(userId: number, line: Line): Promise<void> {
    const products = await this.#products([line.productId])
    if (!products.has(line.productId)) throw unknownProducts([line.productId])
    const {productId, quantity} = line
    const stored = await this.#redis.eval(PUT, 1, keyOf(userId), productId, quantity, MAX_LINES, LIFETIME_SECONDS)
    if (stored === 1) return
    throw new AppError({
      status: 409,
      code: 'cart_full',
      message: `a cart holds at most ${MAX_LINES} different products`,
    })
  }

  async remove(userId: number, productId: number): Promise<void> {
    await this.#redis.hdel(keyOf(userId), String(productId))
  }

  async clear(userId: number): Promise<void> {
    await this.#redis.del(keyOf(userId))
  }

  async removeBought(userId: number, lines: readonly Line[]): Promise<void> {
    const bought = lines.flatMap(({productId, quantity}) => [String(productId), String(quantity)])
    await this.#redis.eval(REMOVE_BOUGHT, 1, keyOf(userId), ...bought)
  }

  async #lines(userId: number): Promise<Line[]> {
    const entries = Object.entries(await this.#redis.hgetall(keyOf(userId)))
    return entries
      .map(([productId, quantity]) => ({productId: Number(productId), quantity: Number(quantity)}))
      .toSorted((left, right) => left.productId - right.productId)
  }

  async #products(ids: readonly number[]): Promise<Map<number, ProductRow>> {
    if (ids.length === 0) return new Map()
    const {rows} = await this.#database.query<ProductRow>(
      'SELECT id, name, image, price_cents AS "priceCents", stock FROM products WHERE id = ANY($1::int[]) AND active',
      [ids],
    )
    return new Map(rows.map((row) => [row.id, row]))
  }
}

function cartItem(line: Line, product: ProductRow): CartItem {
  const {name, image, priceCents, stock} = product
  const lineTotalCents = priceCents * line.quantity
  return {...line, name, image, priceCents, lineTotalCents, stock, available: stock >= line.quantity}
}

function keyOf(userId: number): string {
  return `cart:${userId}`
}
