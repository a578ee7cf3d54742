import {describe, expect, it} from 'vitest'

import type {ShopStack} from './shop-stack.js'

import {ShopClient} from './shop-client.js'

export function schemaSuite(stack: ShopStack): void {
  const shop = new ShopClient(stack)
  const migrate = (...args: string[]): Promise<string> => stack.compose('run', '--rm', '--no-deps', '-T', ...args)

  describe('migrations and demo data', () => {
    it('a second run applies nothing and undoes no sale or edit', async () => {
      await stack.sql(
        "UPDATE products SET stock = 7, price_cents = 5 WHERE sku = 'demo-laptop'; DELETE FROM products WHERE sku = 'demo-watch'",
      )
      const log = await migrate('migrate')
      expect(log).toContain('the database is up to date')
      expect(log).toContain('demo data is in place (1 products added)')
      expect(await stack.sql("SELECT stock, price_cents FROM products WHERE sku = 'demo-laptop'")).toBe('7|5')
    })

    it('runs at the same moment wait for one another', async () => {
      const before = await stack.sql('SELECT count(*) FROM pgmigrations')
      const logs = await Promise.all([1, 2, 3].map(() => migrate('migrate')))
      expect(logs.every((log) => log.includes('the database is up to date'))).toBe(true)
      expect(await stack.sql('SELECT count(*) FROM pgmigrations')).toBe(before)
    })

    it('demo data is refused outside of development, and nothing is touched', async () => {
      for (const environment of ['staging', 'production']) {
        const failure = await migrate('-e', `ENVIRONMENT=${environment}`, 'migrate').catch(String)
        expect(failure).toContain(`SEED_DEMO_DATA=true is refused in ${environment}`)
      }
    })

    it('the first administrator is made from a registered account', async () => {
      const {email, password} = await shop.customer()
      await migrate('migrate', 'node', '/app/migrate.mjs', 'grant-admin', email)
      const {body} = await shop.call<{user: {role: string}}>('POST', '/api/auth/login', {body: {email, password}})
      expect(body.user.role).toBe('admin')
      const failure = await migrate('migrate', 'node', '/app/migrate.mjs', 'grant-admin', 'nobody@x.example').catch(
        String,
      )
      expect(failure).toContain('no account has the e-mail nobody@x.example')
    })
  })
}
