import {useState} from 'react'
import {useParams} from 'react-router'

import type {ApiError} from '../api/api-error.js'
import type {Product} from '../api/types.js'

import {getProduct} from '../api/products.js'
import {useResource} from '../api/use-resource.js'
import {maxQuantity} from '../cart/cart-store.js'
import {AddToCart} from '../components/add-to-cart.js'
import {Loading} from '../components/loading.js'
import {formatCents} from '../components/money.js'
import {Page} from '../components/page.js'
import {Problem} from '../components/problem.js'
import {ProductPicture} from '../components/product-picture.js'
import {QuantityStepper} from '../components/quantity-stepper.js'
import {StockNote} from '../components/stock-note.js'
import {NotFoundPage} from './not-found-page.js'

/** One product. */
export function ProductPage() {
  const {id = ''} = useParams()
  return /^[1-9]\d{0,15}$/.test(id) ? <KnownProduct key={id} id={Number(id)} /> : <NotFoundPage />
}

function KnownProduct({id}: {id: number}) {
  const {data, error, loading, reload} = useResource(`product:${id}`, (signal) => getProduct(id, signal))
  if (isGone(error)) return <NotFoundPage />

  return (
    <Page heading={data?.name ?? 'Product'} back={{to: '/', label: 'All products'}}>
      {error && <Problem error={error} onRetry={reload} retrying={loading} />}
      {!data && !error && <Loading what="Loading the product" shape="product" />}
      {data && !error && <ProductDetails product={data} />}
    </Page>
  )
}

function ProductDetails({product}: {product: Product}) {
  const [quantity, setQuantity] = useState(1)
  const max = maxQuantity(product)

  return (
    <div className="product">
      <ProductPicture image={product.image} />
      <div className="product-facts">
        <p className="price price-large">{formatCents(product.priceCents)}</p>
        <StockNote stock={product.stock} />
        <p className="product-text">{product.description}</p>
        {product.stock > 0 && (
          <div className="product-buy">
            <QuantityStepper product={product.name} quantity={quantity} max={max} onChange={setQuantity} />
            <AddToCart product={product} quantity={quantity} />
          </div>
        )}
        <p className="product-sku">Article number {product.sku}</p>
      </div>
    </div>
  )
}

function isGone(error: ApiError | undefined): boolean {
  return error?.status === 404
}
