import {useState} from 'react'
import {useLocation, useParams} from 'react-router'

import type {Order} from '../api/types.js'

import {type ApiError, asApiError} from '../api/api-error.js'
import {cancelOrder, getOrder} from '../api/orders.js'
import {useOrderEvents} from '../api/use-order-events.js'
import {useResource} from '../api/use-resource.js'
import {useAnnounce} from '../components/announcer.js'
import {Button} from '../components/button.js'
import {Loading} from '../components/loading.js'
import {OrderBill} from '../components/order-bill.js'
import {OrderStatusMark} from '../components/order-status-mark.js'
import {Page} from '../components/page.js'
import {Problem} from '../components/problem.js'
import {formatDate} from '../components/time.js'
import {NotFoundPage} from './not-found-page.js'

/** One order: right after the purchase it is the confirmation. */
export function OrderPage() {
  const {id = ''} = useParams()
  return /^[1-9]\d{0,15}$/.test(id) ? <KnownOrder key={id} id={Number(id)} /> : <NotFoundPage />
}

function KnownOrder({id}: {id: number}) {
  const {data, error, loading, reload} = useResource(`order:${id}`, (signal) => getOrder(id, signal))
  const placed = useJustPlaced()
  useOrderEvents(reload)
  if (error?.status === 404 || error?.status === 403) return <NotFoundPage />

  return (
    <Page
      heading={placed ? 'Thank you for your order' : `Order ${id}`}
      title={`Order ${id}`}
      back={{to: '/orders', label: 'My orders'}}
      intro={placed && `Your order ${id} is placed. You can find it under “My orders” at any time.`}
    >
      {error && <Problem error={error} onRetry={reload} retrying={loading} />}
      {!data && !error && <Loading what="Loading the order" shape="rows" />}
      {data && !error && <OrderDetails order={data} onChanged={reload} />}
    </Page>
  )
}

function useJustPlaced(): boolean {
  const state: unknown = useLocation().state
  return typeof state === 'object' && state !== null && 'placed' in state
}

function OrderDetails({order, onChanged}: {order: Order; onChanged: () => void}) {
  const {problem, busy, cancel} = useCancellation(order.id, onChanged)
  return (
    <div className="with-side">
      <OrderBill caption={`What order ${order.id} holds`} items={order.items} totalCents={order.totalCents} />
      <section className="side" aria-labelledby="status-heading">
        <h2 id="status-heading">Status</h2>
        <div role="status">
          <OrderStatusMark status={order.status} />
        </div>
        <dl className="facts">
          <dt>Placed</dt>
          <dd>
            <time dateTime={order.createdAt}>{formatDate(order.createdAt)}</time>
          </dd>
          <dt>Last change</dt>
          <dd>
            <time dateTime={order.updatedAt}>{formatDate(order.updatedAt)}</time>
          </dd>
        </dl>
        {problem && <Problem error={problem} />}
        {order.status === 'pending' && <CancelControls busy={busy} onCancel={cancel} />}
      </section>
    </div>
  )
}

/** Asks once more: the button may come up where another one was pressed a moment ago. */
function CancelControls({busy, onCancel}: {busy: boolean; onCancel: () => void}) {
  const [asking, setAsking] = useState(false)
  if (!asking) {
    return (
      <Button kind="secondary" className="button-wide" onClick={() => setAsking(true)}>
        Cancel order
      </Button>
    )
  }

  return (
    <div className="confirm" role="group" aria-label="Really cancel this order?">
      <p>Really cancel this order?</p>
      {/* The button that asked is gone: without this, keyboard focus would be lost with it. */}
      <Button kind="secondary" autoFocus onClick={() => setAsking(false)}>
        Keep it
      </Button>
      <Button kind="danger" busy={busy} onClick={onCancel}>
        {busy ? 'Cancelling…' : 'Yes, cancel'}
      </Button>
    </div>
  )
}

function useCancellation(id: number, onChanged: () => void) {
  const announce = useAnnounce()
  const [problem, setProblem] = useState<ApiError>()
  const [busy, setBusy] = useState(false)

  const cancel = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      await cancelOrder(id)
      announce(`Order ${id} is cancelled.`)
    } catch (error) {
      setProblem(asApiError(error))
    } finally {
      setBusy(false)
      onChanged()
    }
  }

  return {problem, busy, cancel: () => void cancel()}
}
