import type {OrderLine} from '../api/types.js'

import {formatCents} from './money.js'

interface OrderBillProps {
  caption: string
  items: readonly Pick<OrderLine, 'productId' | 'name' | 'quantity' | 'lineTotalCents'>[]
  totalCents: number
}

/** Lines and sum, of an order or of a cart that is about to be one. */
export function OrderBill({caption, items, totalCents}: OrderBillProps) {
  return (
    <table className="bill">
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Product</th>
          <th scope="col">Quantity</th>
          <th scope="col">Price</th>
        </tr>
      </thead>
      <tbody>
        {items.map(({productId, name, quantity, lineTotalCents}) => (
          <tr key={productId}>
            <th scope="row">{name}</th>
            <td>{quantity}</td>
            <td>{formatCents(lineTotalCents)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>
            Total
          </th>
          <td>{formatCents(totalCents)}</td>
        </tr>
      </tfoot>
    </table>
  )
}
