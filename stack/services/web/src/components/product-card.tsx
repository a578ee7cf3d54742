import {Link} from 'react-router'

import type {Product} from '../api/types.js'

import {AddToCart} from './add-to-cart.js'
import {formatCents} from './money.js'
import {ProductPicture} from './product-picture.js'
import {StockNote} from './stock-note.js'

/** One product in the grid. The link covers the whole card; the button lies above it. */
export function ProductCard({product}: {product: Product}) {
  return (
    <article className="card">
      <ProductPicture image={product.image} />
      <div className="card-body">
        <h2 className="card-name">
          <Link to={`/products/${product.id}`}>{product.name}</Link>
        </h2>
        <p className="card-text">{product.description}</p>
        <div className="card-foot">
          <div>
            <p className="price">{formatCents(product.priceCents)}</p>
            <StockNote stock={product.stock} />
          </div>
          <AddToCart product={product} compact />
        </div>
      </div>
    </article>
  )
}
