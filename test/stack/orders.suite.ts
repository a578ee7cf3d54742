import {randomUUID} from 'node:crypto'
import {describe, expect, it} from 'vitest'

import type {ShopStack} from './shop-stack.js'

import {type Order, ShopClient} from './shop-client.js'

interface Cart {
  readonly items: readonly {productId: number; quantity: number; available: boolean}[]
  readonly totalCents: number
}

export function ordersSuite(stack: ShopStack): void {
  const shop = new ShopClient(stack)
  const stockOf = async (id: number): Promise<number> => (await shop.product(id)).stock

  describe('orders', () => {
    it('a purchase takes the stock, keeps the prices and shows up among my orders', async () => {
      const {token} = await shop.buyer()
      const laptop = await shop.newProduct({stock: 5, priceCents: 129_999})
      const mouse = await shop.newProduct({stock: 9, priceCents: 4999})
      const {status, body} = await shop.order(token, [
        {productId: mouse.id, quantity: 1},
        {productId: laptop.id, quantity: 2},
        {productId: mouse.id, quantity: 2},
      ])
      expect(status).toBe(201)
      expect(body.order).toMatchObject({status: 'pending', totalCents: 2 * 129_999 + 3 * 4999})
      expect([await stockOf(laptop.id), await stockOf(mouse.id)]).toEqual([3, 6])
      const mine = await shop.call<{items: Order[]; total: number}>('GET', '/api/orders', {token})
      expect(mine.body).toMatchObject({items: [body.order], total: 1})
    })

    it('fifty buyers of ten items: ten get one, forty are told it is sold out, none is oversold', async () => {
      const {id} = await shop.newProduct({stock: 10, priceCents: 2500})
      const buyers = await shop.customers(50)
      const answers = await Promise.all(buyers.map((token) => shop.order(token, [{productId: id, quantity: 1}])))
      const sold = answers.filter(({status}) => status === 201)
      expect(sold).toHaveLength(10)
      expect(answers.filter(({body}) => body.error?.code === 'out_of_stock')).toHaveLength(40)
      expect(await stockOf(id)).toBe(0)
      expect(sold.every(({body}) => body.order.totalCents === 2500)).toBe(true)
      const books = await stack.sql(
        `SELECT count(*), sum(quantity), sum(o.total_cents) FROM order_items i JOIN orders o ON o.id = order_id WHERE product_id = ${id}`,
      )
      expect(books).toBe('10|10|25000')
    })

    it('buyers of the same products in opposite order never block one another', async () => {
      const [one, two] = [await shop.newProduct({stock: 100}), await shop.newProduct({stock: 100})]
      const lines = [one, two].map(({id}) => ({productId: id, quantity: 1}))
      const buyers = await shop.customers(30)
      const answers = await Promise.all(
        buyers.map((token, n) => shop.order(token, n % 2 === 0 ? lines : lines.toReversed())),
      )
      expect(answers.every(({status}) => status === 201)).toBe(true)
      expect([await stockOf(one.id), await stockOf(two.id)]).toEqual([70, 70])
    })

    it('a price that the client sends is ignored', async () => {
      const {token} = await shop.buyer()
      const {id} = await shop.newProduct({stock: 1, priceCents: 99_900})
      const {body} = await shop.order(token, [{productId: id, quantity: 1, priceCents: 1, price: 0.01}])
      expect(body.order.totalCents).toBe(99_900)
      expect(await stack.sql(`SELECT total_cents FROM orders WHERE id = ${body.order.id}`)).toBe('99900')
    })

    it('one line out of stock fails the whole order, names the product and takes nothing', async () => {
      const {token} = await shop.buyer()
      const plenty = await shop.newProduct({stock: 50})
      const scarce = await shop.newProduct({stock: 1, name: 'Scarce thing'})
      const {status, body} = await shop.order(token, [
        {productId: plenty.id, quantity: 1},
        {productId: scarce.id, quantity: 2},
      ])
      expect(status).toBe(409)
      expect(body.error).toMatchObject({
        code: 'out_of_stock',
        products: [{productId: scarce.id, name: 'Scarce thing', requested: 2, available: 1}],
      })
      expect([await stockOf(plenty.id), await stockOf(scarce.id)]).toEqual([50, 1])
      expect((await shop.call<{total: number}>('GET', '/api/orders', {token})).body.total).toBe(0)
    })

    it('an order that is wrong names the place: which item, which field', async () => {
      const {token} = await shop.buyer()
      const {status, body} = await shop.order(token, [
        {productId: 1, quantity: 1},
        {productId: 'x', quantity: 0},
        {quantity: 1.5},
      ])
      expect(status).toBe(400)
      expect(Object.keys(body.error.fields ?? {}).toSorted()).toEqual([
        'items[1].productId',
        'items[1].quantity',
        'items[2].productId',
        'items[2].quantity',
      ])
    })

    it('the same idempotency key orders once, ten times at the same moment too', async () => {
      const {token} = await shop.buyer()
      const {id} = await shop.newProduct({stock: 100})
      const key = {'idempotency-key': randomUUID()}
      const answers = await Promise.all(
        Array.from({length: 10}, () => shop.order(token, [{productId: id, quantity: 1}], key)),
      )
      expect(answers.filter(({status}) => status === 201)).toHaveLength(1)
      expect(answers.filter(({status}) => status === 200)).toHaveLength(9)
      expect(new Set(answers.map(({body}) => body.order.id)).size).toBe(1)
      expect(await stockOf(id)).toBe(99)
      const other = await shop.order(token, [{productId: id, quantity: 2}], key)
      expect([other.status, other.body.error.code]).toEqual([422, 'idempotency_key_reused'])
    })

    it('buying the cart empties it, and buying it again with the same key does not buy twice', async () => {
      const {token} = await shop.buyer()
      const {id} = await shop.newProduct({stock: 10, priceCents: 300})
      const cart = await shop.call<Cart>('PUT', `/api/cart/items/${id}`, {body: {quantity: 3}, token})
      expect(cart.body).toMatchObject({items: [{productId: id, quantity: 3, available: true}], totalCents: 900})
      const headers = {'idempotency-key': randomUUID()}
      const bought = await shop.call<{order: Order}>('POST', '/api/orders', {token, headers})
      expect([bought.status, bought.body.order.totalCents]).toEqual([201, 900])
      expect((await shop.call<Cart>('GET', '/api/cart', {token})).body.items).toEqual([])
      const again = await shop.call<{order: Order}>('POST', '/api/orders', {token, headers})
      expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true'])
      expect(await stockOf(id)).toBe(7)
      expect((await shop.call('POST', '/api/orders', {token})).body.error.code).toBe('cart_empty')
    })

    it('somebody else cannot see, cancel or move my order', async () => {
      const [mine, other] = await shop.customers(2)
      const {id} = await shop.newProduct({stock: 1})
      const {body} = await shop.order(mine ?? '', [{productId: id, quantity: 1}])
      const path = `/api/orders/${body.order.id}`
      expect((await shop.call('GET', path, {token: other ?? ''})).status).toBe(404)
      expect((await shop.call('PATCH', path, {token: other ?? '', body: {status: 'cancelled'}})).status).toBe(404)
      expect((await shop.call('PATCH', path, {token: mine ?? '', body: {status: 'shipped'}})).status).toBe(403)
    })

    it('a cancelled order puts its stock back, once', async () => {
      const {token} = await shop.buyer()
      const {id} = await shop.newProduct({stock: 4})
      const {body} = await shop.order(token, [{productId: id, quantity: 3}])
      const cancel = {token, body: {status: 'cancelled'}}
      const path = `/api/orders/${body.order.id}`
      const answers = await Promise.all([1, 2].map(() => shop.call('PATCH', path, cancel)))
      expect(answers.filter(({status}) => status === 200)).toHaveLength(1)
      expect(await stockOf(id)).toBe(4)
      const again = await shop.call('PATCH', path, {token: await shop.admin(), body: {status: 'confirmed'}})
      expect([again.status, again.body.error.code]).toEqual([409, 'invalid_transition'])
    })
  })
}
