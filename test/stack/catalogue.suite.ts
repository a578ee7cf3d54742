import {describe, expect, it} from 'vitest'

import {type Product, ShopClient} from './shop-client.js'
import {type ShopStack, until} from './shop-stack.js'

const PORT = 3002
const READS = 'catalogue_database_reads_total'

export function catalogueSuite(stack: ShopStack): void {
  const shop = new ShopClient(stack)
  const reads = (): Promise<number> => stack.counter('products', PORT, READS)

  describe('catalogue', () => {
    it('only an administrator changes it', async () => {
      const {token} = await shop.buyer()
      const body = {name: 'Mine', priceCents: 1, stock: 1}
      const attempts = await Promise.all([
        shop.call('POST', '/api/products', {body, token}),
        shop.call('PUT', '/api/products/1', {body, token}),
        shop.call('DELETE', '/api/products/1', {token}),
      ])
      expect(attempts.map(({status}) => status)).toEqual([403, 403, 403])
      expect((await shop.call('POST', '/api/products', {body})).status).toBe(401)
    })

    it('a product that is wrong in several fields is refused by name of field', async () => {
      const body = {name: ' ', priceCents: 9.99, stock: -1, image: 'http://elsewhere/x.png'}
      const answer = await shop.call('POST', '/api/products', {body, token: await shop.admin()})
      expect(answer.status).toBe(400)
      expect(Object.keys(answer.body.error.fields ?? {}).toSorted()).toEqual(['image', 'name', 'priceCents', 'stock'])
    })

    it('the second read comes from the cache', async () => {
      const {id} = await shop.newProduct({stock: 5})
      const first = await shop.call('GET', `/api/products/${id}`)
      const second = await shop.call('GET', `/api/products/${id}`)
      expect([first.headers.get('x-cache'), second.headers.get('x-cache')]).toEqual(['miss', 'hit'])
      expect(second.body).toEqual(first.body)
    })

    it('a changed product is seen changed at once, by every replica, in list and page', async () => {
      const token = await shop.admin()
      const {id} = await shop.newProduct({stock: 5})
      await Promise.all([1, 2, 3, 4].map(() => shop.product(id)))
      const change = {name: 'Renamed', description: 'New text', priceCents: 777, image: 'box'}
      await shop.call('PUT', `/api/products/${id}`, {body: change, token})
      const seen = await Promise.all([1, 2, 3, 4].map(() => shop.product(id)))
      for (const product of seen) expect(product).toMatchObject({...change, stock: 5})
      const list = await shop.call<{items: Product[]}>('GET', '/api/products?pageSize=100')
      expect(list.body.items.find((product) => product.id === id)?.name).toBe('Renamed')
    })

    it('a sold item is missing from the shown stock at once', async () => {
      const {id} = await shop.newProduct({stock: 5})
      expect((await shop.product(id)).stock).toBe(5)
      const {token} = await shop.buyer()
      await shop.order(token, [{productId: id, quantity: 2}])
      expect((await shop.product(id)).stock).toBe(3)
    })

    it('fifty readers of the same missing page cost the database one read, over all replicas', async () => {
      await shop.newProduct({stock: 1})
      const before = await reads()
      const answers = await Promise.all(Array.from({length: 50}, () => shop.call('GET', '/api/products?pageSize=31')))
      expect(answers.every(({status}) => status === 200)).toBe(true)
      expect((await reads()) - before).toBe(1)
    })

    it('a search finds names and descriptions, and takes % and _ for what they are', async () => {
      const odd = await shop.newProduct({stock: 1, name: String.raw`100%_Cotton\Shirt`})
      const found = await shop.call<{items: Product[]}>(
        'GET',
        `/api/products?q=${encodeURIComponent(String.raw`0%_cotton\s`)}`,
      )
      expect(found.body.items.map(({id}) => id)).toEqual([odd.id])
      const none = await shop.call<{total: number}>('GET', `/api/products?q=${encodeURIComponent('%%%')}`)
      expect(none.body.total).toBe(0)
    })

    it('a deleted product is gone from the shop, and its orders keep it', async () => {
      const {id} = await shop.newProduct({stock: 2})
      const {token} = await shop.buyer()
      const {body} = await shop.order(token, [{productId: id, quantity: 1}])
      expect((await shop.call('DELETE', `/api/products/${id}`, {token: await shop.admin()})).status).toBe(204)
      expect((await shop.call('GET', `/api/products/${id}`)).status).toBe(404)
      expect((await shop.call('GET', `/api/orders/${body.order.id}`, {token})).status).toBe(200)
      expect((await shop.order(token, [{productId: id, quantity: 1}])).body.error.code).toBe('unknown_product')
    })

    it('without redis the catalogue is still served, and is right again when redis is back', async () => {
      const {id} = await shop.newProduct({stock: 5})
      await shop.product(id)
      const token = await shop.admin()
      await stack.compose('stop', 'redis')
      const answer = await shop.call('GET', `/api/products/${id}`)
      expect([answer.status, answer.headers.get('x-cache')]).toEqual([200, 'bypass'])
      const change = {name: 'Changed meanwhile', description: '', priceCents: 1, image: 'box'}
      expect((await shop.call('PUT', `/api/products/${id}`, {body: change, token})).status).toBe(200)
      await stack.compose('up', '--detach', '--wait', '--no-recreate', 'redis')
      await until('the fresh name', async () => (await shop.product(id)).name === 'Changed meanwhile')
    })
  })
}
