import {useEffect, useRef} from 'react'
import {BrowserRouter, Route, Routes} from 'react-router'
import {forgetResources} from './api/use-resource'
import {CartProvider} from './cart/cart-provider'
import {Announcer, useAnnounce} from './components/announcer'
import {ErrorBoundary} from './components/error-boundary'
import {Layout} from './components/layout'
import {CartPage} from './pages/cart-page'
import {CheckoutPage} from './pages/checkout-page'
import {NotFoundPage} from './pages/not-found-page'
import {OrderPage} from './pages/order-page'
import {OrdersPage} from './pages/orders-page'
import {ProductPage} from './pages/product-page'
import {ProductsPage} from './pages/products-page'
import {SignInPage} from './pages/sign-in-page'
import {SignUpPage} from './pages/sign-up-page'
import {RequireSession} from './session/require-session'
import {useSession} from './session/use-session'

export function App() {
  return (
    <ErrorBoundary>
      <BrowserRouter>
        <Announcer>
          <SessionNews />
          <CartProvider>
            <Pages />
          </CartProvider>
        </Announcer>
      </BrowserRouter>
    </ErrorBoundary>
  )
}

function Pages() {
  return (
    <Routes>
      <Route element={<Layout />}>
        <Route index element={<ProductsPage />} />
        <Route path="products/:id" element={<ProductPage />} />
        <Route path="cart" element={<CartPage />} />
        <Route path="sign-in" element={<SignInPage />} />
        <Route path="sign-up" element={<SignUpPage />} />
        <Route element={<RequireSession />}>
          <Route path="checkout" element={<CheckoutPage />} />
          <Route path="orders" element={<OrdersPage />} />
          <Route path="orders/:id" element={<OrderPage />} />
        </Route>
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  )
}

/** Says that somebody was signed in or out, by this tab, by another, or by a token that ran out. */
function SessionNews() {
  const session = useSession()
  const announce = useAnnounce()
  const before = useRef(session)

  useEffect(() => {
    if (before.current === session) return
    forgetResources()
    announce(session ? `Signed in as ${session.user.name}.` : 'You are signed out.')
    before.current = session
  }, [session, announce])
  return null
}
