import type {Browser, BrowserContext, Page} from 'playwright-core'

import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'

import {weightyViolations} from '../../stack/services/web/testing/accessibility.js'
import {launchBrowser} from '../../stack/services/web/testing/browser.js'
import {cartLink, newAccount, signUp} from '../../stack/services/web/testing/shopper.js'
import {ShopStack} from './shop-stack.js'

const stack = new ShopStack({settings: {WEB_REPLICAS: '1', PRODUCTS_REPLICAS: '1'}})
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  await stack.start()
  browser = await launchBrowser()
})

afterEach(() => context?.close())

afterAll(async () => {
  await browser?.close()
  await stack.stop()
})

const LOOKS = [
  {colorScheme: 'light', viewport: {width: 1280, height: 860}},
  {colorScheme: 'dark', viewport: {width: 1280, height: 860}},
  {colorScheme: 'light', viewport: {width: 390, height: 844}},
  {colorScheme: 'dark', viewport: {width: 390, height: 844}},
] as const

describe.each(LOOKS)('in $colorScheme, $viewport.width pixels wide', (look) => {
  it('no page of a visitor has a serious accessibility violation or scrolls sideways', async () => {
    const page = await visit('/', look)
    await page.getByRole('article').first().waitFor()
    await expectSound(page)
    const onSale = page.getByRole('article').filter({has: page.getByRole('button')})
    await onSale.first().getByRole('link').click()
    await page.getByRole('spinbutton').waitFor()
    await expectSound(page)
    await page.getByRole('button', {name: 'Add to cart'}).click()
    await cartLink(page, 1).click()
    await page.getByRole('link', {name: 'Go to checkout'}).waitFor()
    await expectSound(page)
    await page.getByRole('button', {name: /^Remove/}).click()
    await page.getByRole('heading', {name: 'Your cart is empty'}).waitFor()
    await expectSound(page)
    await page.goto(`${stack.url}/no/such/page`)
    await page.getByRole('heading', {name: 'This page does not exist'}).waitFor()
    await expectSound(page)
  })

  it('no form has a serious accessibility violation, with and without errors', async () => {
    const page = await visit('/sign-in', look)
    await expectSound(page)
    await page.getByLabel('E-mail address').fill('nobody@example.com')
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('button', {name: 'Sign in'}).click()
    await page.getByRole('alert').waitFor()
    await expectSound(page)
    await page.getByRole('link', {name: 'Create an account'}).click()
    await expectSound(page)
    await page.getByRole('button', {name: 'Create account'}).click()
    await page.getByText('Enter your name.').waitFor()
    await expectSound(page)
  })

  it('no page of a customer has a serious accessibility violation or scrolls sideways', async () => {
    const page = await visit('/sign-up?next=/orders', look)
    await signUp(page, newAccount())
    await page.getByRole('heading', {name: 'No orders yet'}).waitFor()
    await expectSound(page)
    await page.getByRole('link', {name: 'Browse products'}).click()
    await page
      .getByRole('button', {name: /^Add .* to cart$/})
      .first()
      .click()
    await cartLink(page, 1).click()
    await page.getByRole('link', {name: 'Go to checkout'}).click()
    await page.getByRole('table').waitFor()
    await expectSound(page)
    await page.getByRole('button', {name: /^Place order/}).click()
    await page.getByRole('heading', {name: 'Thank you for your order'}).waitFor()
    await page.getByRole('button', {name: 'Cancel order'}).click()
    await expectSound(page)
    await page.getByRole('navigation').getByRole('link', {name: 'My orders'}).click()
    await page.getByRole('listitem').first().waitFor()
    await expectSound(page)
  })

  it('a page that could not be loaded has no serious accessibility violation', async () => {
    const page = await visit('/cart', look)
    await page.route('**/api/products*', (route) => route.abort())
    await page.getByRole('link', {name: 'Browse products'}).click()
    await page.getByRole('alert').getByText('The shop cannot be reached.').waitFor()
    await expectSound(page)
  })
})

describe('what the web server sends', () => {
  it('index.html is asked for anew every time, on every address of the application', async () => {
    for (const path of ['/', '/orders/17', '/products/1']) {
      const response = await get(path, {accept: 'text/html'})
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).toBe('no-cache')
      expect(response.headers.get('content-type')).toContain('text/html')
    }
  })

  it('the front page is served to a client that names no type, such as a monitor', async () => {
    const response = await get('/', {accept: '*/*'})
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(await response.text()).toContain('id="root"')
  })

  it('an asset has a hash in its name and is kept for ever', async () => {
    const assets = await assetPaths()
    expect(assets.length).toBeGreaterThanOrEqual(2)
    for (const path of assets) {
      expect(path).toMatch(/-[\w-]{8}\.(js|css)$/)
      const response = await get(path)
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(response.headers.get('content-encoding')).toBe('gzip')
    }
  })

  it('a missing asset is a 404 that nobody keeps, never a page', async () => {
    const response = await get('/assets/index-gone0000.js', {accept: 'text/html'})
    expect(response.status).toBe(404)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).not.toContain('id="root"')
  })

  it('a missing file that no person navigates to is a 404', async () => {
    expect((await get('/no-such-image.png', {accept: 'image/*'})).status).toBe(404)
  })

  it('a page whose script is gone, as between two releases, loads itself again', async () => {
    const page = await openPage(LOOKS[0])
    let refused = 0
    await page.route('**/assets/*.js', (route) => {
      refused += 1
      return refused > 2 ? route.continue() : route.fulfill({status: 404})
    })
    await page.goto(`${stack.url}/cart`)
    await page.getByRole('heading', {name: 'Your cart', exact: true}).waitFor()
    expect(refused).toBe(3)
  })

  it('a page breaks no rule of the content security policy', async () => {
    const page = await openPage(LOOKS[0])
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(stack.url)
    await page.getByRole('article').first().waitFor()
    await page.getByRole('button', {name: /^Add /}).first().click()
    await cartLink(page, 1).click()
    await page.getByRole('link', {name: 'Go to checkout'}).waitFor()
    expect(complaints).toEqual([])
  })
})

async function visit(path: string, look: (typeof LOOKS)[number]): Promise<Page> {
  const page = await openPage(look)
  await page.goto(stack.url + path)
  return page
}

async function openPage(look: (typeof LOOKS)[number]): Promise<Page> {
  context = await browser.newContext({...look, ignoreHTTPSErrors: true})
  return context.newPage()
}

async function expectSound(page: Page) {
  expect(await weightyViolations(page), page.url()).toEqual([])
  const overflow = 'document.documentElement.scrollWidth - document.body.clientWidth'
  expect(await page.evaluate<number>(overflow), `${page.url()} is wider than the window`).toBe(0)
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(stack.url + path, {headers})
}

async function assetPaths(): Promise<string[]> {
  const page = await (await get('/', {accept: 'text/html'})).text()
  return [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]!)
}
