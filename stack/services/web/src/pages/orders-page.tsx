import {Link, useSearchParams} from 'react-router'

import type {Order} from '../api/types.js'

import {listOrders} from '../api/orders.js'
import {useOrderEvents} from '../api/use-order-events.js'
import {useResource} from '../api/use-resource.js'
import {Empty} from '../components/empty.js'
import {Loading} from '../components/loading.js'
import {formatCents} from '../components/money.js'
import {OrderStatusMark} from '../components/order-status-mark.js'
import {Page} from '../components/page.js'
import {Pager} from '../components/pager.js'
import {Problem} from '../components/problem.js'
import {formatDate} from '../components/time.js'

/** The customer's orders, newest first; a change of status shows by itself. */
export function OrdersPage() {
  const [search] = useSearchParams()
  const page = Math.max(Number.parseInt(search.get('page') ?? '1', 10) || 1, 1)
  const {data, error, loading, reload} = useResource(`orders:${page}`, (signal) => listOrders(page, signal))
  useOrderEvents(reload)

  return (
    <Page heading="My orders">
      {error && <Problem error={error} onRetry={reload} retrying={loading} />}
      {!data && !error && <Loading what="Loading your orders" shape="rows" />}
      {data && !error && data.items.length === 0 && <NoOrders />}
      {data && !error && data.items.length > 0 && (
        <>
          <ul className="orders">
            {data.items.map((order) => (
              <OrderRow key={order.id} order={order} />
            ))}
          </ul>
          <Pager
            page={data.page}
            pageCount={Math.ceil(data.total / data.pageSize)}
            addressOf={(wanted) => `/orders?page=${wanted}`}
          />
        </>
      )}
    </Page>
  )
}

function OrderRow({order}: {order: Order}) {
  return (
    <li className="order-row">
      <div>
        <h2 className="order-name">
          <Link to={`/orders/${order.id}`}>Order {order.id}</Link>
        </h2>
        <p className="order-when">
          <time dateTime={order.createdAt}>{formatDate(order.createdAt)}</time>
        </p>
      </div>
      <p className="order-what">{order.items.map(({name, quantity}) => `${quantity} × ${name}`).join(', ')}</p>
      <OrderStatusMark status={order.status} />
      <p className="order-sum">{formatCents(order.totalCents)}</p>
    </li>
  )
}

function NoOrders() {
  return (
    <Empty icon="parcel" title="No orders yet">
      <p>What you order will be listed here, with its status.</p>
      <Link className="button button-primary" to="/">
        Browse products
      </Link>
    </Empty>
  )
}
