import type {Browser, BrowserContext, Page} from 'playwright-core'

import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'

import {launchBrowser} from '../../stack/services/web/testing/browser.js'
import {askApi, fillCart, productWithStock, sellToAnother, stockOf} from '../../stack/services/web/testing/shop-data.js'
import {addToCart, cartLink, isFocused, newAccount, signUp, tabTo} from '../../stack/services/web/testing/shopper.js'
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

describe('buying', () => {
  it('a visitor browses, fills a cart, signs up, buys, finds the order, and the stock has gone down', async () => {
    const page = await visit('/')
    const product = await productWithStock(page, 3)
    await page.getByRole('link', {name: product.name, exact: true}).click()
    await page.getByRole('heading', {level: 1, name: product.name}).waitFor()
    await page.getByRole('button', {name: `One ${product.name} more`}).click()
    await page.getByRole('button', {name: 'Add to cart'}).click()
    await cartLink(page, 2).click()
    await page.getByRole('link', {name: 'Go to checkout'}).click()
    await page.getByRole('link', {name: 'Create an account'}).click()
    await signUp(page, newAccount())

    await page.getByRole('row', {name: new RegExp(`^${product.name} 2 `)}).waitFor()
    await page.getByRole('button', {name: /^Place order/}).click()
    await page.getByRole('heading', {name: 'Thank you for your order'}).waitFor()
    await cartLink(page, 0).waitFor()

    await page.getByRole('navigation').getByRole('link', {name: 'My orders'}).click()
    await page.getByText(`2 × ${product.name}`).waitFor()
    expect(await stockOf(page, product)).toBe(product.stock - 2)
  })

  it('the whole purchase can be made with the keyboard alone', async () => {
    const page = await visit('/')
    const product = await productWithStock(page, 3)
    await tabTo(page, page.getByRole('link', {name: product.name, exact: true}))
    await page.keyboard.press('Enter')

    await tabTo(page, page.getByRole('spinbutton', {name: `Quantity of ${product.name}`}))
    await page.keyboard.press('ArrowUp')
    await tabTo(page, page.getByRole('button', {name: 'Add to cart'}))
    await page.keyboard.press('Space')
    await cartLink(page, 2).waitFor()
    await page.keyboard.press('Home')
    await tabTo(page, cartLink(page, 2))
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByRole('link', {name: 'Go to checkout'}))
    await page.keyboard.press('Enter')

    await tabTo(page, page.getByRole('link', {name: 'Create an account'}))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', {name: 'Create an account'}).waitFor()
    const account = newAccount()
    await tabTo(page, page.getByLabel('Name'))
    await page.keyboard.type(account.name)
    await page.keyboard.press('Tab')
    await page.keyboard.type(account.email)
    await page.keyboard.press('Tab')
    await page.keyboard.type(account.password)
    await page.keyboard.press('Enter')

    await tabTo(page, page.getByRole('button', {name: /^Place order/}))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', {name: 'Thank you for your order'}).waitFor()
    expect(await stockOf(page, product)).toBe(product.stock - 2)
  })

  it('what was put in before a sign-in joins what the account already held', async () => {
    const account = newAccount()
    const page = await visit('/sign-up')
    const product = await productWithStock(page, 4)
    await signUp(page, account)
    await addToCart(page, product.name)
    await cartLink(page, 1).waitFor()
    await page.getByRole('button', {name: 'Sign out'}).click()
    await cartLink(page, 0).waitFor()

    await addToCart(page, product.name)
    await cartLink(page, 1).waitFor()
    await page.getByRole('link', {name: 'Sign in'}).click()
    await page.getByLabel('E-mail address').fill(account.email)
    await page.getByLabel('Password').fill(account.password)
    await page.getByRole('button', {name: 'Sign in'}).click()
    await cartLink(page, 2).waitFor()
    await page.reload()
    await cartLink(page, 2).waitFor()
  })

  it('a purchase whose answer was lost is not made twice when the button is pressed again', async () => {
    const page = await visit('/sign-up?next=/checkout')
    const product = await productWithStock(page, 3)
    await signUp(page, newAccount())
    await fillCart(page, product, 1)
    await page.goto(`${stack.url}/checkout`)
    let attempts = 0
    await page.route('**/api/orders', async (route) => {
      // The page asks once again by itself; the third time it is the customer.
      if (route.request().method() !== 'POST' || ++attempts > 2) return route.continue()
      await route.fetch()
      return route.abort('connectionreset')
    })

    await page.getByRole('button', {name: /^Place order/}).click()
    await page.getByRole('alert').first().waitFor()
    await page.getByRole('button', {name: /^Place order/}).click()
    await page.getByRole('heading', {name: 'Thank you for your order'}).waitFor()
    expect(attempts).toBe(3)
    expect(await stockOf(page, product)).toBe(product.stock - 1)
  })

  it('an order of more than there is names what ran short', async () => {
    const page = await visit('/sign-up?next=/checkout')
    const product = await productWithStock(page, 2)
    await signUp(page, newAccount())
    await page.getByText('Your cart is empty').waitFor()
    await fillCart(page, product, Math.min(product.stock, 99))
    await page.goto(`${stack.url}/checkout`)
    await page.getByRole('button', {name: /^Place order/}).waitFor()
    const left = product.stock - (await sellToAnother(page, product, product.stock - 1))
    await page.getByRole('button', {name: /^Place order/}).click()
    await page.getByRole('alert').getByText(`${product.name}: only ${left} left`).waitFor()
  })

  it('a change of an order shows without a reload', async () => {
    const page = await visit('/sign-up?next=/checkout')
    const product = await productWithStock(page, 1)
    await signUp(page, newAccount())
    await page.getByText('Your cart is empty').waitFor()
    await fillCart(page, product, 1)
    await page.goto(`${stack.url}/checkout`)
    await page.getByRole('button', {name: /^Place order/}).click()
    const status = page.getByRole('main').getByRole('status')
    await status.getByText('Pending').waitFor()

    await askApi(page, `/orders/${page.url().split('/').pop()}`, {method: 'PATCH', body: {status: 'cancelled'}})
    await status.getByText('Cancelled').waitFor()
  })
})

describe('telling what is going on', () => {
  it('an empty cart says so and leads back to the products', async () => {
    const page = await visit('/cart')
    await page.getByRole('heading', {name: 'Your cart is empty'}).waitFor()
    await page.getByRole('link', {name: 'Browse products'}).click()
    await page.getByRole('article').first().waitFor()
  })

  it('a search without a result says so and offers everything', async () => {
    const page = await visit('/')
    await page.getByRole('searchbox').fill('no such thing')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', {name: 'Nothing found'}).waitFor()
    expect(await isFocused(page.getByRole('heading', {level: 1}))).toBe(false)
    await page.getByRole('link', {name: 'Show all products'}).click()
    await page.getByRole('article').first().waitFor()
  })

  it('a wrong password is announced', async () => {
    const page = await visit('/sign-in')
    await page.getByLabel('E-mail address').fill('nobody@example.com')
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('button', {name: 'Sign in'}).click()
    await page.getByRole('alert').getByText('The e-mail address or the password is not right.').waitFor()
  })

  it('a field that is wrong gets focus and is described by its reason', async () => {
    const page = await visit('/sign-up')
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('E-mail address').fill('not-an-address')
    await page.getByLabel('Password').fill('short')
    await page.getByRole('button', {name: 'Create account'}).click()
    const email = page.getByRole('textbox', {
      name: 'E-mail address',
      description: 'Enter an address like name@example.com.',
    })
    await email.waitFor()
    expect(await isFocused(email)).toBe(true)
    await page.getByLabel('Password').and(page.locator('[aria-invalid=true]')).waitFor()
  })

  it('a navigation moves focus to the heading and names the document', async () => {
    const page = await visit('/')
    const product = await productWithStock(page, 1)
    await page.getByRole('link', {name: product.name, exact: true}).click()
    const heading = page.getByRole('heading', {level: 1, name: product.name})
    await heading.waitFor()
    expect(await isFocused(heading)).toBe(true)
    expect(await page.title()).toBe(`${product.name} · Harbour`)
  })

  it('what goes into the cart is said in a live region', async () => {
    const page = await visit('/')
    const product = await productWithStock(page, 1)
    await addToCart(page, product.name)
    await page.locator('[aria-live=polite]').getByText(`${product.name}: 1 in your cart.`).waitFor()
  })

  it('a sign-out in one tab reaches the other', async () => {
    const page = await visit('/sign-up')
    await signUp(page, newAccount())
    await page.getByRole('button', {name: 'Sign out'}).waitFor()
    const other = await context.newPage()
    await other.goto(`${stack.url}/orders`)
    await other.getByRole('heading', {name: 'No orders yet'}).waitFor()
    await page.getByRole('button', {name: 'Sign out'}).click()
    await other.getByRole('heading', {name: 'Sign in'}).waitFor()
  })

  it('an API that is away is told in words, and trying again works when it is back', async () => {
    const page = await visit('/cart')
    await stack.compose('stop', 'api-gateway')
    try {
      await page.getByRole('link', {name: 'Browse products'}).click()
      await page.getByRole('alert').getByText('The shop is having trouble right now.').waitFor()
    } finally {
      await stack.compose('up', '--detach', '--wait', 'api-gateway')
    }

    await page.getByRole('button', {name: 'Try again'}).click()
    await page.getByRole('article').first().waitFor()
  })
})

async function visit(path: string): Promise<Page> {
  context = await browser.newContext({ignoreHTTPSErrors: true})
  const page = await context.newPage()
  await page.goto(stack.url + path)
  return page
}
