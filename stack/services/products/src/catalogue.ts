import {AppError, type Database, notFound} from '@shop/platform'
import {Counter, type Registry} from 'prom-client'

export interface Product {
  readonly id: number
  readonly sku: string | null
  readonly name: string
  readonly description: string
  readonly priceCents: number
  readonly stock: number
  readonly image: string
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type ProductDraft = Pick<Product, 'description' | 'image' | 'name' | 'priceCents' | 'sku' | 'stock'>
export type ProductChange = Omit<ProductDraft, 'sku' | 'stock'> & {readonly stock?: number | undefined}

export interface ListQuery {
  readonly q: string
  readonly page: number
  readonly pageSize: number
}

const COLUMNS = `id, sku, name, description, price_cents AS "priceCents", stock, image,
  created_at AS "createdAt", updated_at AS "updatedAt"`
const MATCHES = "active AND ($1 = '' OR name ILIKE $1 OR description ILIKE $1)"

/** Products in the database. */
export class Catalogue {
  readonly #database: Database
  readonly #reads: Counter

  constructor(database: Database, registry: Registry) {
    this.#database = database
    this.#reads = new Counter({
      name: 'catalogue_database_reads_total',
      help: 'Catalogue reads that the database had to answer',
      registers: [registry],
    })
  }

  async list(query: ListQuery): Promise<{items: Product[]; page: number; pageSize: number; total: number}> {
    this.#reads.inc()
    const {q, page, pageSize} = query
    const pattern = q === '' ? '' : `%${q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    const [items, counted] = await Promise.all([
      this.#database.query<Product>(
        `SELECT ${COLUMNS} FROM products WHERE ${MATCHES} ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3`,
        [pattern, pageSize, (page - 1) * pageSize],
      ),
      this.#database.query<{total: number}>(`SELECT count(*) AS total FROM products WHERE ${MATCHES}`, [pattern]),
    ])
    return {items: items.rows, page, pageSize, total: counted.rows[0]?.total ?? 0}
  }

  async find(id: number): Promise<Product | null> {
    this.#reads.inc()
    const {rows} = await this.#database.query<Product>(`SELECT ${COLUMNS} FROM products WHERE id = $1 AND active`, [id])
    return rows[0] ?? null
  }

  async create(draft: ProductDraft): Promise<Product> {
    const {rows} = await this.#database.query<Product>(
      `INSERT INTO products (sku, name, description, price_cents, stock, image) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (sku) DO NOTHING RETURNING ${COLUMNS}`,
      [draft.sku, draft.name, draft.description, draft.priceCents, draft.stock, draft.image],
    )
    if (rows[0]) return rows[0]
    throw new AppError({
      status: 409,
      code: 'sku_taken',
      message: 'another product has this sku',
      fields: {sku: 'is taken'},
    })
  }

  /** Without a stock in the change the stock stays: an edited text must not undo the orders of the meantime. */
  async update(id: number, change: ProductChange): Promise<Product> {
    const {rows} = await this.#database.query<Product>(
      `UPDATE products SET name = $2, description = $3, price_cents = $4, image = $5, stock = coalesce($6, stock),
         updated_at = now()
       WHERE id = $1 AND active RETURNING ${COLUMNS}`,
      [id, change.name, change.description, change.priceCents, change.image, change.stock ?? null],
    )
    if (rows[0]) return rows[0]
    throw notFound('product')
  }

  /** The row stays for the orders that name it, and keeps its sku. */
  async remove(id: number): Promise<void> {
    const {rowCount} = await this.#database.query(
      'UPDATE products SET active = false, updated_at = now() WHERE id = $1 AND active',
      [id],
    )
    if (rowCount !== 1) throw notFound('product')
  }
}
