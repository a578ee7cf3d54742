import {queryNumber} from '@shop/platform'
import {z} from 'zod'

export const MAX_LINES = 50
export const ORDER_STATUSES = ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'] as const

export type OrderStatus = (typeof ORDER_STATUSES)[number]

const productId = z.int('must be a whole number').min(1, 'must be positive').max(999_999_999, 'is too large')
const quantity = z.int('must be a whole number').min(1, 'must be at least 1').max(99, 'must be at most 99')

/** Anything else in an item, a price for example, is dropped here. */
const items = z
  .array(z.object({productId, quantity}))
  .min(1, 'must not be empty')
  .max(MAX_LINES, `must have at most ${MAX_LINES} entries`)

/** No body, or no items in it: the cart is bought. */
export const orderSchema = z.object({items: items.optional()}).default({})
export const cartItemSchema = z.object({quantity})
export const statusSchema = z.object({status: z.enum(ORDER_STATUSES)})
export const idempotencyKeySchema = z
  .object({
    'idempotency-key': z
      .string()
      .regex(/^[\w.-]{8,64}$/, 'must have 8 to 64 letters, digits, ".", "_" or "-"')
      .optional(),
  })
  .transform((headers) => headers['idempotency-key'] ?? null)
export const pageSchema = z.object({
  page: queryNumber(10_000).default(1),
  pageSize: queryNumber(100).default(20),
})
