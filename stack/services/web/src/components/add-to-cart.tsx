import type {Product} from '../api/types.js'

import {useCart} from '../cart/cart-context.js'
import {maxQuantity} from '../cart/cart-store.js'
import {useAnnounce} from './announcer.js'
import {Button} from './button.js'

interface AddToCartProps {
  product: Product
  quantity?: number
  /** For the grid: a short label, the product's name for screen readers only. */
  compact?: boolean
}

/** Puts more of a product into the cart, never more than there are. */
export function AddToCart({product, quantity = 1, compact = false}: AddToCartProps) {
  const {cart, loading, error, reload, busyIds, setQuantity} = useCart()
  const announce = useAnnounce()
  const {id: productId, name, image, priceCents, stock} = product
  const held = cart.items.find((line) => line.productId === productId)?.quantity ?? 0
  if (stock <= 0) return null

  const add = () => {
    // Quantities are set, not added: without knowing what the cart holds, an "add" could take away.
    if (error) {
      announce(error.message)
      reload()
      return
    }

    const wanted = Math.min(held + quantity, maxQuantity(product))
    if (wanted <= held) announce(`${name}: all that we have (${held}) is already in your cart.`)
    else void setQuantity({productId, name, image, priceCents, stock}, wanted)
  }

  return (
    <Button className={compact ? 'button-compact' : ''} busy={loading || busyIds.has(productId)} onClick={add}>
      {compact ? 'Add' : 'Add to cart'}
      {compact && <span className="visually-hidden"> {name} to cart</span>}
    </Button>
  )
}
