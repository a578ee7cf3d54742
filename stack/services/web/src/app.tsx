import {useEffect, useRef} from 'react'
import {BrowserRouter, Route, Routes} from 'react-router'

import {forgetResources} from './api/use-resource.js'
import {CartProvider} from './cart/cart-provider.js'
import {Announcer, useAnnounce} from './components/announcer.js'
import {ErrorBoundary} from './components/error-boundary.js'
import {Layout} from './components/layout.js'
import {CartPage} from './pages/cart-page.js'
import {CheckoutPage} from './pages/checkout-page.js'
import {NotFoundPage} from './pages/not-found-page.js'
import {OrderPage} from './pages/order-page.js'
import {OrdersPage} from './pages/orders-page.js'
import {ProductPage} from './pages/product-page.js'
import {ProductsPage} from './pages/products-page.js'
import {SignInPage} from './pages/sign-in-page.js'
import {SignUpPage} from './pages/sign-up-page.js'
import {RequireSession} from './session/require-session.js'
import {useSession} from './session/use-session.js'

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
