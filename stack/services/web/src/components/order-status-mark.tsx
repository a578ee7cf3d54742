import type {OrderStatus} from '../api/types.js'

const WORDS: Record<OrderStatus, string> = {
  pending: 'Pending',
  confirmed: 'Confirmed',
  shipped: 'Shipped',
  delivered: 'Delivered',
  cancelled: 'Cancelled',
}

export function OrderStatusMark({status}: {status: OrderStatus}) {
  return (
    <span className="mark" data-status={status}>
      {WORDS[status]}
    </span>
  )
}
