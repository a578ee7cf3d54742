import {useEffect, useRef} from 'react'
import {Link} from 'react-router'

import type {Cart, CartLine} from '../api/types.js'

import {useCart} from '../cart/cart-context.js'
import {maxQuantity} from '../cart/cart-store.js'
import {Empty} from '../components/empty.js'
import {Loading} from '../components/loading.js'
import {formatCents} from '../components/money.js'
import {Page} from '../components/page.js'
import {Problem} from '../components/problem.js'
import {ProductPicture} from '../components/product-picture.js'
import {QuantityStepper} from '../components/quantity-stepper.js'

/** What is in the cart, with today's prices and stock. */
export function CartPage() {
  const {cart, loading, error, reload} = useCart()
  const listRef = useRef<HTMLUListElement>(null)
  useEffect(reload, [reload])

  return (
    <Page heading="Your cart" title="Cart">
      {error && <Problem error={error} onRetry={reload} retrying={loading} />}
      {loading && !error && <Loading what="Loading your cart" shape="rows" />}
      {!loading && !error && cart.items.length === 0 && <EmptyCart />}
      {cart.items.length > 0 && (
        <div className="with-side">
          <ul className="lines" ref={listRef} tabIndex={-1} aria-label="Products in your cart">
            {cart.items.map((line) => (
              <Line key={line.productId} line={line} onRemoved={() => listRef.current?.focus()} />
            ))}
          </ul>
          <Summary cart={cart} />
        </div>
      )}
    </Page>
  )
}

function Line({line, onRemoved}: {line: CartLine; onRemoved: () => void}) {
  const {busyIds, setQuantity, remove} = useCart()
  const busy = busyIds.has(line.productId)
  // Focus must not fall out of the page together with the line that held it.
  const removeLine = async () => {
    if (!busy && (await remove(line))) onRemoved()
  }

  return (
    <li className="line">
      <ProductPicture image={line.image} />
      <div className="line-facts">
        <h2 className="line-name">
          <Link to={`/products/${line.productId}`}>{line.name}</Link>
        </h2>
        <p className="line-unit">{formatCents(line.priceCents)} each</p>
        {!line.available && <p className="stock stock-out">{shortText(line)}</p>}
      </div>
      <div className="line-controls">
        <QuantityStepper
          product={line.name}
          quantity={line.quantity}
          max={maxQuantity(line)}
          busy={busy}
          onChange={(quantity) => void setQuantity(line, quantity)}
        />
        <button
          type="button"
          className="text-button"
          aria-disabled={busy || undefined}
          onClick={() => void removeLine()}
        >
          Remove<span className="visually-hidden"> {line.name}</span>
        </button>
      </div>
      <p className="line-total">{formatCents(line.lineTotalCents)}</p>
    </li>
  )
}

function shortText({stock}: CartLine): string {
  return stock > 0 ? `Only ${stock} left: please lower the quantity` : 'Sold out: please remove it'
}

function Summary({cart}: {cart: Cart}) {
  const short = cart.items.some(({available}) => !available)
  return (
    <section className="side" aria-labelledby="summary-heading">
      <h2 id="summary-heading">Summary</h2>
      <dl className="sums">
        <div>
          <dt>{cart.itemCount === 1 ? '1 item' : `${cart.itemCount} items`}</dt>
          <dd>{formatCents(cart.totalCents)}</dd>
        </div>
        <div>
          <dt>Delivery</dt>
          <dd>Free</dd>
        </div>
        <div className="sums-total">
          <dt>Total</dt>
          <dd>{formatCents(cart.totalCents)}</dd>
        </div>
      </dl>
      {short ? (
        <p className="side-note">Some products are not available in this quantity. Change them to go on.</p>
      ) : (
        <Link className="button button-primary button-wide" to="/checkout">
          Go to checkout
        </Link>
      )}
    </section>
  )
}

function EmptyCart() {
  return (
    <Empty icon="cart" title="Your cart is empty">
      <p>Find something for your desk, and it will wait for you here.</p>
      <Link className="button button-primary" to="/">
        Browse products
      </Link>
    </Empty>
  )
}
