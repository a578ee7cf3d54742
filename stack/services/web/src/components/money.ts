/** Prices come as whole cents and stay so until they are shown: sums of binary fractions drift. */
const DOLLARS = new Intl.NumberFormat('en-US', {style: 'currency', currency: 'USD'})

/** 1299 → "$12.99" */
export function formatCents(cents: number): string {
  return DOLLARS.format(cents / 100)
}
