import {randomBytes} from 'node:crypto'

import type {ShopStack} from './shop-stack.js'

import {Tokens} from '../../stack/services/platform/src/tokens.js'

export interface Answer<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export interface Problem {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly fields?: Readonly<Record<string, string>>
    readonly products?: readonly {productId: number; name: string; requested: number; available: number}[]
  }
  readonly requestId: string
}

export interface Product {
  readonly id: number
  readonly name: string
  readonly priceCents: number
  readonly stock: number
}

export interface Order {
  readonly id: number
  readonly status: string
  readonly totalCents: number
  readonly items: readonly {productId: number; priceCents: number; quantity: number; lineTotalCents: number}[]
}

interface Request {
  readonly body?: unknown
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The API as a browser uses it: through the edge. */
export class ShopClient {
  readonly #stack: ShopStack
  #adminToken: Promise<string> | undefined

  constructor(stack: ShopStack) {
    this.#stack = stack
  }

  async call<Body = Problem>(method: string, path: string, request: Request = {}): Promise<Answer<Body>> {
    const {body, token, headers} = request
    const response = await fetch(`${this.#stack.url}${path}`, {
      method,
      headers: {
        ...(body !== undefined && {'content-type': 'application/json'}),
        ...(token !== undefined && {authorization: `Bearer ${token}`}),
        ...headers,
      },
      ...(body !== undefined && {body: typeof body === 'string' ? body : JSON.stringify(body)}),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as Body,
    }
  }

  /** Registers somebody new; gives his token. */
  async customer(): Promise<{token: string; email: string; password: string}> {
    const account = {
      email: `${randomBytes(6).toString('hex')}@shop.example`,
      password: 'correct horse',
      name: 'A Customer',
    }
    const {status, body} = await this.call<{token: string}>('POST', '/api/auth/register', {body: account})
    if (status !== 201) throw new Error(`registration answered ${status}`)
    return {token: body.token, email: account.email, password: account.password}
  }

  /** The administrator's token, from one login per client. */
  admin(): Promise<string> {
    this.#adminToken ??= this.#loginAsAdmin()
    return this.#adminToken
  }

  /** Tokens of that many new customers, made in the database: registering them all would only test the hashing. */
  async customers(count: number): Promise<string[]> {
    const ids = await this.#stack.sql(
      `INSERT INTO users (email, password_hash, name)
       SELECT gen_random_uuid() || '@shop.example', 'none', 'Buyer' FROM generate_series(1, ${count}) RETURNING id`,
    )
    const tokens = new Tokens(this.#stack.secret('jwt_secret'))
    return Promise.all(
      ids.split('\n').map(async (id) => (await tokens.sign({userId: Number(id), role: 'customer'}, 600)).token),
    )
  }

  async buyer(): Promise<{token: string}> {
    const [token = ''] = await this.customers(1)
    return {token}
  }

  async newProduct(product: {stock: number; priceCents?: number; name?: string}): Promise<Product> {
    const body = {name: product.name ?? 'Test product', priceCents: product.priceCents ?? 1000, stock: product.stock}
    const answer = await this.call<{product: Product}>('POST', '/api/products', {body, token: await this.admin()})
    if (answer.status !== 201) throw new Error(`creating a product answered ${answer.status}`)
    return answer.body.product
  }

  async product(id: number): Promise<Product> {
    return (await this.call<{product: Product}>('GET', `/api/products/${id}`)).body.product
  }

  order(
    token: string,
    items: readonly object[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<{order: Order} & Problem>> {
    return this.call('POST', '/api/orders', {body: {items}, token, headers})
  }

  async #loginAsAdmin(): Promise<string> {
    const body = {email: 'admin@shop.example', password: this.#stack.secret('admin_password')}
    const answer = await this.call<{token: string}>('POST', '/api/auth/login', {body})
    return answer.body.token
  }
}
