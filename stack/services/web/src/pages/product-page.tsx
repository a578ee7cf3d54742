import {useState} from 'react'
import {useParams} from 'react-router'
import type {ApiError} from '../api/api-error'
import {getProduct} from '../api/products'
import type {Product} from '../api/types'
import {useResource} from '../api/use-resource'
import {maxQuantity} from '../cart/cart-store'
import {AddToCart} from '../components/add-to-cart'
import {Loading} from '../components/loading'
import {formatCents} from '../components/money'
import {Page} from '../components/page'
import {Problem} from '../components/problem'
import {ProductPicture} from '../components/product-picture'
import {QuantityStepper} from '../components/quantity-stepper'
import {StockNote} from '../components/stock-note'
import {NotFoundPage} from './not-found-page'

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
