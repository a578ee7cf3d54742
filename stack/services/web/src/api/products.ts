import type {Paged, Product} from './types.js'

import {request} from './client.js'

export const PRODUCTS_PER_PAGE = 24

/** One page of the catalogue, newest first; `query` searches names and descriptions. */
export function listProducts(wanted: {query: string; page: number}, signal?: AbortSignal): Promise<Paged<Product>> {
  const search = new URLSearchParams({page: String(wanted.page), pageSize: String(PRODUCTS_PER_PAGE)})
  if (wanted.query) search.set('q', wanted.query)
  return request(`/products?${search}`, {signal})
}

export async function getProduct(id: number, signal?: AbortSignal): Promise<Product> {
  const {product} = await request<{product: Product}>(`/products/${id}`, {signal})
  return product
}
