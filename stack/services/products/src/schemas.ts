import {queryNumber} from '@shop/platform'
import {z} from 'zod'

const MAX_PRICE_CENTS = 100_000_000
const MAX_STOCK = 1_000_000

const name = z.string().trim().min(1, 'must not be empty').max(200, 'must have at most 200 characters')
const description = z.string().trim().max(5000, 'must have at most 5000 characters')
const priceCents = z
  .int('must be a whole number of cents')
  .min(0, 'must not be negative')
  .max(MAX_PRICE_CENTS, `must be at most ${MAX_PRICE_CENTS}`)
const stock = z
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(MAX_STOCK, `must be at most ${MAX_STOCK}`)
const image = z.string().regex(/^[a-z\d-]{1,40}$/, 'must be a name of lower-case letters, digits and "-"')
const sku = z.string().regex(/^[\w.-]{1,64}$/, 'must have letters, digits, ".", "_" and "-" only')

export const draftSchema = z.object({
  sku: sku.nullable().default(null),
  name,
  description: description.default(''),
  priceCents,
  stock,
  image: image.default('box'),
})

export const changeSchema = z.object({name, description, priceCents, image, stock: stock.optional()})

export const listSchema = z.object({
  q: z.string().trim().max(100, 'must have at most 100 characters').default(''),
  page: queryNumber(10_000).default(1),
  pageSize: queryNumber(100).default(24),
})
