import {useEffect, useRef, useState} from 'react'
import {Link, useNavigate} from 'react-router'

import {type ApiError, asApiError} from '../api/api-error.js'
import {placeOrder} from '../api/orders.js'
import {uniqueId} from '../api/unique-id.js'
import {useCart} from '../cart/cart-context.js'
import {Button} from '../components/button.js'
import {Empty} from '../components/empty.js'
import {Loading} from '../components/loading.js'
import {formatCents} from '../components/money.js'
import {OrderBill} from '../components/order-bill.js'
import {Page} from '../components/page.js'
import {Problem} from '../components/problem.js'
import {useSession} from '../session/use-session.js'

/** The last look at the cart before it is bought. */
export function CheckoutPage() {
  const {cart, loading, error, reload} = useCart()
  const {problem, busy, buy} = usePurchase()
  useEffect(reload, [reload])

  return (
    <Page heading="Checkout" intro="A demonstration shop: nothing is charged and nothing is sent.">
      {problem && <Problem error={problem} />}
      {error && <Problem error={error} onRetry={reload} retrying={loading} />}
      {loading && !error && <Loading what="Loading your cart" shape="rows" />}
      {!loading && !error && !busy && cart.items.length === 0 && <NothingToBuy />}
      {cart.items.length > 0 && (
        <div className="with-side">
          <OrderBill caption="What you are about to order" items={cart.items} totalCents={cart.totalCents} />
          <section className="side" aria-labelledby="buyer-heading">
            <h2 id="buyer-heading">Your details</h2>
            <Buyer />
            <Button className="button-wide" busy={busy} onClick={buy}>
              {busy ? 'Placing your order…' : `Place order · ${formatCents(cart.totalCents)}`}
            </Button>
            <Link className="side-link" to="/cart">
              Change the cart
            </Link>
          </section>
        </div>
      )}
    </Page>
  )
}

/**
 * Buys the cart once. The key stays the same while it is not known whether the order came through, so that pressing the
 * button again after a timeout cannot buy twice; an order that was refused leaves nothing behind and gets a new key.
 */
function usePurchase() {
  const {reload} = useCart()
  const navigate = useNavigate()
  const [problem, setProblem] = useState<ApiError>()
  const [busy, setBusy] = useState(false)
  const key = useRef(uniqueId())

  const buy = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const order = await placeOrder(key.current)
      reload()
      await navigate(`/orders/${order.id}`, {state: {placed: true}})
    } catch (error_) {
      const error = asApiError(error_)
      setProblem(error)
      setBusy(false)
      // While the outcome is not known, the cart stays on the page, and with it the button that asks again.
      if (error.kind !== 'refused') return
      key.current = uniqueId()
      reload()
    }
  }

  return {problem, busy, buy: () => void buy()}
}

function Buyer() {
  const session = useSession()
  return (
    <dl className="facts">
      <dt>Name</dt>
      <dd>{session?.user.name}</dd>
      <dt>E-mail</dt>
      <dd>{session?.user.email}</dd>
      <dt>Payment</dt>
      <dd>Invoice (demonstration)</dd>
    </dl>
  )
}

function NothingToBuy() {
  return (
    <Empty icon="cart" title="Your cart is empty">
      <p>Put something into your cart first.</p>
      <Link className="button button-primary" to="/">
        Browse products
      </Link>
    </Empty>
  )
}
