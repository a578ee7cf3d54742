const LOW_STOCK = 5

/** How many are left, in words: colour alone tells nothing to some. */
export function StockNote({stock}: {stock: number}) {
  if (stock <= 0) return <p className="stock stock-out">Sold out</p>
  if (stock <= LOW_STOCK) return <p className="stock stock-low">Only {stock} left</p>
  return <p className="stock">{stock} in stock</p>
}
