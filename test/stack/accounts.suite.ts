import {execa} from 'execa'
import {describe, expect, it} from 'vitest'

import type {ShopStack} from './shop-stack.js'

import {ShopClient} from './shop-client.js'

export function accountsSuite(stack: ShopStack): void {
  const shop = new ShopClient(stack)

  describe('accounts', () => {
    it('a customer who registers can log in and see his account, and nobody sees his password', async () => {
      const {email, password} = await shop.customer()
      const login = await shop.call<{token: string; user: object}>('POST', '/api/auth/login', {
        body: {email: ` ${email.toUpperCase()}`, password},
      })
      expect(login.status).toBe(200)
      const me = await shop.call<{user: object}>('GET', '/api/auth/me', {token: login.body.token})
      expect(me.body.user).toMatchObject({email, role: 'customer', name: 'A Customer'})
      expect(JSON.stringify([login.body, me.body])).not.toMatch(/password|scrypt/i)
      expect(await stack.sql(`SELECT password_hash FROM users WHERE email = '${email}'`)).toMatch(
        /^\$scrypt\$ln=14,r=8,p=5\$/,
      )
    })

    it('a wrong password and an unknown address get the same answer', async () => {
      const {email} = await shop.customer()
      const answers = await Promise.all(
        [email, 'nobody@shop.example'].map((address) =>
          shop.call('POST', '/api/auth/login', {body: {email: address, password: 'not the one'}}),
        ),
      )
      for (const {status, body} of answers) {
        expect(status).toBe(401)
        expect(body.error).toEqual({code: 'invalid_credentials', message: 'wrong e-mail or password'})
      }
    })

    it('an address registers once, also when two try at the same time', async () => {
      const body = {email: 'twice@shop.example', password: 'correct horse', name: 'Twice'}
      const answers = await Promise.all([1, 2].map(() => shop.call('POST', '/api/auth/register', {body})))
      expect(new Set(answers.map(({status}) => status))).toEqual(new Set([201, 409]))
    })

    it('nobody registers himself as administrator', async () => {
      const body = {email: 'sly@shop.example', password: 'correct horse', name: 'Sly', role: 'admin'}
      const {body: answer} = await shop.call<{user: {role: string}}>('POST', '/api/auth/register', {body})
      expect(answer.user.role).toBe('customer')
    })

    it('a registration that is wrong in several fields names each of them', async () => {
      const {status, body} = await shop.call('POST', '/api/auth/register', {
        body: {email: 'nonsense', password: 'short'},
      })
      expect(status).toBe(400)
      expect(body.error.code).toBe('validation_failed')
      expect(Object.keys(body.error.fields ?? {}).toSorted()).toEqual(['email', 'name', 'password'])
    })

    it.each([
      {what: 'a body that is no JSON', body: '{', status: 400, code: 'bad_request'},
      {what: 'no body', body: undefined, status: 400, code: 'validation_failed'},
      {
        what: 'a body over the limit',
        body: JSON.stringify({email: 'x'.repeat(1_100_000)}),
        status: 413,
        code: 'payload_too_large',
      },
    ])('$what is refused with its own error', async ({body, status, code}) => {
      const answer = await shop.call('POST', '/api/auth/login', {body})
      expect(answer.status).toBe(status)
      expect(answer.body.error.code).toBe(code)
    })

    it('a burst of logins gives its memory back: the service stays far below its limit', async () => {
      const {email, password} = await shop.customer()
      const logins = Array.from({length: 24}, () => shop.call('POST', '/api/auth/login', {body: {email, password}}))
      expect((await Promise.all(logins)).every(({status}) => status === 200)).toBe(true)
      const {stdout} = await execa('docker', ['exec', await stack.container('auth'), 'cat', '/proc/1/status'])
      expect(Number(/^RssAnon:\s+(\d+) kB$/m.exec(stdout)?.[1])).toBeLessThan(90 * 1024)
    })

    it('a token that somebody made himself, or with no signature, is worth nothing', async () => {
      const {token} = await shop.customer()
      const [, payload = ''] = token.split('.')
      const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
      for (const forged of [`${token.slice(0, -4)}AAAA`, unsigned]) {
        const {status, body} = await shop.call('GET', '/api/auth/me', {token: forged})
        expect(status).toBe(401)
        expect(body.error.code).toBe('unauthorized')
      }
    })
  })
}
