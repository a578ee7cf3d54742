import type {Page} from 'playwright-core'

import assert from 'node:assert/strict'

import {newAccount} from './shopper.js'

export interface Product {
  id: number
  name: string
  stock: number
}

/** The most of one product that an order takes. */
const MAX_QUANTITY = 99

/** Of the products that have at least so many the one with the fewest: the others are left to the other tests. */
export async function productWithStock(page: Page, atLeast: number): Promise<Product> {
  const {items} = await askApi<{items: Product[]}>(page, '/products')
  const [product] = items.filter(({stock}) => stock >= atLeast).toSorted((a, b) => a.stock - b.stock)
  assert.ok(product, `no product with a stock of ${atLeast} is left`)
  return product
}

export async function stockOf(page: Page, {id}: Product): Promise<number> {
  const {product} = await askApi<{product: Product}>(page, `/products/${id}`)
  return product.stock
}

/** Puts into the account's cart past the page. */
export async function fillCart(page: Page, {id}: Product, quantity: number): Promise<void> {
  await askApi(page, `/cart/items/${id}`, {method: 'PUT', body: {quantity}})
}

/** Sells to somebody else, behind the back of the page, and tells how many. */
export async function sellToAnother(page: Page, product: Product, wanted: number): Promise<number> {
  const {request} = page.context()
  const origin = new URL(page.url()).origin
  const quantity = Math.min(wanted, MAX_QUANTITY)
  const signedUp = await request.post(`${origin}/api/auth/register`, {data: newAccount()})
  const {token} = (await signedUp.json()) as {token: string}
  const ordered = await request.post(`${origin}/api/orders`, {
    data: {items: [{productId: product.id, quantity}]},
    headers: {authorization: `Bearer ${token}`},
  })
  assert.equal(ordered.status(), 201)
  return quantity
}

/** Asks the API past the page, as whoever is signed in there. */
export async function askApi<T>(page: Page, path: string, ask: {method?: string; body?: unknown} = {}): Promise<T> {
  const {method = 'GET', body} = ask
  const session = await page.evaluate<string | null>('localStorage.getItem("harbour.session")')
  const token = session && (JSON.parse(session) as {token: string}).token
  const response = await page.request.fetch(`${new URL(page.url()).origin}/api${path}`, {
    method,
    ...(body !== undefined && {data: body}),
    ...(token && {headers: {authorization: `Bearer ${token}`}}),
  })
  assert.ok(response.ok(), `${method} ${path} answered ${response.status()}`)
  return (await response.json()) as T
}
