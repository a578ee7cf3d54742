import {useRef} from 'react'
import {Link, NavLink, Outlet} from 'react-router'

import {useCart} from '../cart/cart-context.js'
import {endSession} from '../session/session-store.js'
import {useSession} from '../session/use-session.js'
import {Icon} from './icon.js'

/** What is around every page. */
export function Layout() {
  const mainRef = useRef<HTMLElement>(null)
  return (
    <>
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          mainRef.current?.focus()
        }}
      >
        Skip to content
      </a>
      <Header />
      <main id="main" ref={mainRef} tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="footer">
        <div className="footer-inner">
          <p>Harbour is a demonstration shop. Nothing is charged, nothing is sent.</p>
        </div>
      </footer>
    </>
  )
}

function Header() {
  return (
    <header className="header">
      <div className="header-inner">
        <Link className="brand" to="/" aria-label="Harbour, to the products">
          <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect width="32" height="32" rx="9" />
            <path d="M10 8.5v15M22 8.5v15M10 17c3.2-3 8.8-3 12 0" />
          </svg>
          <span className="brand-word">Harbour</span>
        </Link>
        <nav className="nav" aria-label="Main">
          <NavLink className="nav-products" to="/" end>
            Products
          </NavLink>
          <AccountLinks />
          <CartLink />
        </nav>
      </div>
    </header>
  )
}

function AccountLinks() {
  const session = useSession()
  if (!session) return <NavLink to="/sign-in">Sign in</NavLink>
  return (
    <>
      <NavLink to="/orders">My orders</NavLink>
      <button type="button" className="nav-button" onClick={endSession} title={session.user.email}>
        Sign out
      </button>
    </>
  )
}

function CartLink() {
  const {cart} = useCart()
  const {itemCount} = cart
  return (
    <NavLink className="cart-link" to="/cart">
      <Icon name="cart" />
      <span className="cart-word">Cart</span>{' '}
      <span className={itemCount > 0 ? 'cart-count' : 'visually-hidden'}>{itemCount}</span>{' '}
      <span className="visually-hidden">{itemCount === 1 ? 'item' : 'items'}</span>
    </NavLink>
  )
}
