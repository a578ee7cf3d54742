import type {Locator, Page} from 'playwright-core'

import {randomUUID} from 'node:crypto'

export interface Account {
  name: string
  email: string
  password: string
}

/** An account that no other test has. */
export function newAccount(): Account {
  return {name: 'Ada Byron', email: `ada-${randomUUID()}@example.com`, password: `pass-${randomUUID()}`}
}

/** Makes an account on the sign-up page that is open, and waits until it is signed in. */
export async function signUp(page: Page, account: Account): Promise<void> {
  await page.getByLabel('Name').fill(account.name)
  await page.getByLabel('E-mail address').fill(account.email)
  await page.getByLabel('Password').fill(account.password)
  await page.getByRole('button', {name: 'Create account'}).click()
  await page.getByRole('button', {name: 'Sign out'}).waitFor()
}

/** Goes to the products and adds one of them to the cart. */
export async function addToCart(page: Page, name: string): Promise<void> {
  await page.getByRole('link', {name: 'Products', exact: true}).click()
  await page.getByRole('button', {name: `Add ${name} to cart`}).click()
}

/** The cart as the header tells it. */
export function cartLink(page: Page, itemCount: number): Locator {
  return page.getByRole('link', {name: `Cart ${itemCount} ${itemCount === 1 ? 'item' : 'items'}`})
}

const MAX_STOPS = 80

/** Presses Tab until the wanted element has focus, as somebody without a mouse does. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let stop = 0; stop < MAX_STOPS; stop++) {
    await page.keyboard.press('Tab')
    if (await isFocused(target)) return
  }

  throw new Error(`${MAX_STOPS} presses of Tab do not reach ${target.toString()}`)
}

export async function isFocused(target: Locator): Promise<boolean> {
  return (await target.and(target.page().locator(':focus')).count()) === 1
}
