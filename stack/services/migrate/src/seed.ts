import type pg from 'pg'

import {hashPassword, verifyPassword} from '@shop/auth/password'
import {secretSetting} from '@shop/platform'

import {DEMO_PRODUCTS} from './demo-products.js'
import {log} from './log.js'

const ADMIN_EMAIL = 'admin@shop.example'

/** Demo products and an administrator. Run again it changes nothing: what was sold or edited stays as it is. */
export async function seedDemoData(client: pg.Client): Promise<void> {
  const {rowCount} = await client.query(
    `INSERT INTO products (sku, name, description, price_cents, stock, image)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::int[], $6::text[])
     ON CONFLICT (sku) DO NOTHING`,
    [
      DEMO_PRODUCTS.map(({sku}) => sku),
      DEMO_PRODUCTS.map(({name}) => name),
      DEMO_PRODUCTS.map(({description}) => description),
      DEMO_PRODUCTS.map(({priceCents}) => priceCents),
      DEMO_PRODUCTS.map(({stock}) => stock),
      DEMO_PRODUCTS.map(({image}) => image),
    ],
  )
  await ensureAdmin(client)
  log('info', `demo data is in place (${rowCount ?? 0} products added)`)
}

/** The administrator's password is the one in the secret, also after the secret was made anew. */
async function ensureAdmin(client: pg.Client): Promise<void> {
  const password = secretSetting('admin_password')
  const {rows} = await client.query<{password_hash: string}>('SELECT password_hash FROM users WHERE email = $1', [
    ADMIN_EMAIL,
  ])
  const known = rows[0]
  if (known && (await verifyPassword(password, known.password_hash)).matches) return
  await client.query(
    `INSERT INTO users (email, password_hash, name, role) VALUES ($1, $2, 'Shop Admin', 'admin')
     ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash, role = 'admin'`,
    [ADMIN_EMAIL, await hashPassword(password)],
  )
}
