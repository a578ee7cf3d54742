export interface DemoProduct {
  readonly sku: string
  readonly name: string
  readonly description: string
  readonly priceCents: number
  readonly stock: number
  readonly image: string
}

/** `sku` identifies a product over re-runs: change anything but it. */
export const DEMO_PRODUCTS: readonly DemoProduct[] = [
  product('demo-laptop', 'Laptop', {
    description: 'Fourteen inches, all-day battery, quiet under load',
    price: 129_999,
    stock: 50,
  }),
  product('demo-mouse', 'Mouse', {description: 'Wireless, light, made for long games', price: 4999, stock: 100}),
  product('demo-keyboard', 'Keyboard', {
    description: 'Mechanical, tactile switches, full layout',
    price: 12_999,
    stock: 75,
  }),
  product('demo-monitor', 'Monitor', {description: '27 inches, 4K, height-adjustable stand', price: 39_999, stock: 30}),
  product('demo-headset', 'Headset', {description: 'Closed, noise-cancelling, folds flat', price: 7999, stock: 60}),
  product('demo-webcam', 'Webcam', {description: 'Full HD with a cover for the lens', price: 5999, stock: 40}),
  product('demo-dock', 'Docking station', {
    description: 'One cable for screens, network and power',
    price: 17_999,
    stock: 25,
    image: 'dock',
  }),
  product('demo-speaker', 'Speaker', {description: 'Small, round, louder than it looks', price: 8999, stock: 45}),
  product('demo-tablet', 'Tablet', {description: 'Eleven inches, comes with a pen', price: 54_999, stock: 20}),
  product('demo-phone', 'Phone', {
    description: 'Fits a hand, and its battery can be changed',
    price: 69_999,
    stock: 35,
  }),
  product('demo-watch', 'Watch', {
    description: 'Counts steps, shows the time, lasts ten days',
    price: 24_999,
    stock: 15,
  }),
  product('demo-mystery', 'Mystery box', {
    description: 'Nobody knows. The last one was a mouse',
    price: 1999,
    stock: 3,
    image: 'box',
  }),
]

function product(
  sku: string,
  name: string,
  rest: {description: string; price: number; stock: number; image?: string},
): DemoProduct {
  return {
    sku,
    name,
    description: rest.description,
    priceCents: rest.price,
    stock: rest.stock,
    image: rest.image ?? name.toLowerCase(),
  }
}
