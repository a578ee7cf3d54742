import type {Cart, CartLine, Product} from '../api/types.js'
import type {CartStore} from './cart-store.js'

import {ApiError} from '../api/api-error.js'
import {getProduct} from '../api/products.js'

const STORAGE_KEY = 'harbour.cart'
const MAX_LINES = 50

type StoredLine = Omit<CartLine, 'lineTotalCents' | 'available'>

/** The cart of a visitor: kept in this browser until its owner signs in. */
export const visitorCart: CartStore = {
  load: async () => cartOf(readLines()),

  async refresh(signal) {
    const fresh = await Promise.all(readLines().map((line) => refreshed(line, signal)))
    // Read again, not taken from above: another tab may have changed the cart while the prices were fetched.
    const byId = new Map(fresh.map((line) => [line.productId, line]))
    const kept = readLines().filter((line) => !byId.get(line.productId)?.gone)
    return save(kept.map((line) => ({...line, ...current(byId.get(line.productId))})))
  },

  async setQuantity(product, quantity) {
    const lines = readLines()
    const known = lines.some((line) => line.productId === product.productId)
    if (!known && lines.length >= MAX_LINES) throw cartFull()
    const line = {...product, quantity}
    return save(known ? lines.map((old) => (old.productId === line.productId ? line : old)) : [...lines, line])
  },

  async remove(productId) {
    return save(readLines().filter((line) => line.productId !== productId))
  },
}

/**
 * Takes one line out of the visitor's cart, undefined when there is none left. Taking before merging, in one step that
 * nothing can come between, is what keeps two tabs that see the same sign-in from merging the same line twice.
 */
export function takeVisitorLine(): CartLine | undefined {
  const [line, ...rest] = cartOf(readLines()).items
  if (line) save(rest)
  return line
}

export function isVisitorCartKey(key: string | null): boolean {
  return key === STORAGE_KEY || key === null
}

interface RefreshedLine {
  productId: number
  gone: boolean
  product?: Product
}

/** A product that left the shop is gone; when it cannot be told, the stored line stands, as the order is checked anyway. */
async function refreshed({productId}: StoredLine, signal: AbortSignal): Promise<RefreshedLine> {
  try {
    return {productId, gone: false, product: await getProduct(productId, signal)}
  } catch (error) {
    if (signal.aborted) throw error
    return {productId, gone: error instanceof ApiError && error.status === 404}
  }
}

function current(line?: RefreshedLine): Partial<StoredLine> {
  if (!line?.product) return {}
  const {name, image, priceCents, stock} = line.product
  return {name, image, priceCents, stock}
}

function readLines(): StoredLine[] {
  try {
    const lines: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]')
    return Array.isArray(lines) ? lines.filter(isStoredLine) : []
  } catch {
    return []
  }
}

function isStoredLine(value: unknown): value is StoredLine {
  if (typeof value !== 'object' || value === null) return false
  const line: Partial<Record<string, unknown>> = {...value}
  const numbers = [line.productId, line.priceCents, line.quantity, line.stock]
  return numbers.every(Number.isSafeInteger) && typeof line.name === 'string' && typeof line.image === 'string'
}

function save(lines: StoredLine[]): Cart {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(lines.map(storedPart)))
  } catch (error) {
    throw new ApiError({
      kind: 'broken',
      message: 'This browser does not keep a cart. Please sign in to use one.',
      cause: error,
    })
  }

  return cartOf(lines)
}

function storedPart({productId, name, image, priceCents, stock, quantity}: StoredLine): StoredLine {
  return {productId, name, image, priceCents, stock, quantity}
}

function cartOf(lines: StoredLine[]): Cart {
  const items = lines.map((line) => ({
    ...line,
    lineTotalCents: line.priceCents * line.quantity,
    available: line.stock >= line.quantity,
  }))
  return {
    items,
    totalCents: items.reduce((sum, line) => sum + line.lineTotalCents, 0),
    itemCount: items.reduce((sum, line) => sum + line.quantity, 0),
  }
}

function cartFull(): ApiError {
  return new ApiError({
    kind: 'refused',
    code: 'cart_full',
    message: `Your cart is full: it holds ${MAX_LINES} products.`,
  })
}
