export interface User {
  id: number
  email: string
  name: string
  role: 'customer' | 'admin'
}

export interface SignedIn {
  token: string
  expiresAt: string
  user: User
}

export interface Product {
  id: number
  sku: string
  name: string
  description: string
  priceCents: number
  stock: number
  image: string
}

export interface Paged<T> {
  items: T[]
  page: number
  pageSize: number
  total: number
}

export interface CartLine {
  productId: number
  name: string
  image: string
  priceCents: number
  quantity: number
  lineTotalCents: number
  stock: number
  /** False when the stock is below the quantity. */
  available: boolean
}

export interface Cart {
  items: CartLine[]
  totalCents: number
  itemCount: number
}

export type OrderStatus = 'pending' | 'confirmed' | 'shipped' | 'delivered' | 'cancelled'

export interface OrderLine {
  productId: number
  name: string
  priceCents: number
  quantity: number
  lineTotalCents: number
}

export interface Order {
  id: number
  status: OrderStatus
  totalCents: number
  items: OrderLine[]
  createdAt: string
  updatedAt: string
}

/** A product that an order asked too much of. */
export interface Shortage {
  productId: number
  name: string
  requested: number
  available: number
}
