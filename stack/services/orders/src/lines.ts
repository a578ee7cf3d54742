import {createHash} from 'node:crypto'

export interface Line {
  readonly productId: number
  readonly quantity: number
}

/** One line per product, by product id: every transaction takes its locks in the same order, so none waits in a circle. */
export function mergeLines(lines: readonly Line[]): Line[] {
  const quantities = new Map<number, number>()
  for (const {productId, quantity} of lines) quantities.set(productId, (quantities.get(productId) ?? 0) + quantity)
  return [...quantities]
    .map(([productId, quantity]) => ({productId, quantity}))
    .toSorted((left, right) => left.productId - right.productId)
}

/** What was asked for, short enough to keep: tells a repeated request from another one under the same key. */
export function fingerprint(lines: readonly Line[] | undefined): string {
  const asked = lines ? JSON.stringify(mergeLines(lines)) : 'cart'
  return createHash('sha256').update(asked).digest('hex')
}
