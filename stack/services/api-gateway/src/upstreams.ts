import {textSetting} from '@shop/platform'

export interface Upstream {
  readonly name: string
  readonly prefix: string
  readonly url: string
}

/** Which service answers for which paths. */
export function upstreams(): Upstream[] {
  const orders = textSetting('ORDERS_URL', 'http://orders:3003')
  return [
    {name: 'auth', prefix: '/api/auth', url: textSetting('AUTH_URL', 'http://auth:3001')},
    {name: 'products', prefix: '/api/products', url: textSetting('PRODUCTS_URL', 'http://products:3002')},
    {name: 'orders', prefix: '/api/orders', url: orders},
    {name: 'orders', prefix: '/api/cart', url: orders},
  ]
}
