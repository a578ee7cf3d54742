import {send} from './client.js'

const RETRY_MS = 1000
const MAX_RETRY_MS = 30_000

/**
 * Calls back when the stream of order events has opened, and with every event, until the signal ends it. Read with
 * fetch, because EventSource cannot send the token. Without a token that is taken it stops for good.
 */
export async function followOrderEvents(onChange: () => void, signal: AbortSignal): Promise<void> {
  for (let pauseMs = RETRY_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, MAX_RETRY_MS)) {
    const outcome = await readStream(onChange, signal)
    if (outcome === 'refused') return
    if (outcome === 'ended') pauseMs = RETRY_MS
    await pause(pauseMs, signal)
  }
}

async function readStream(onChange: () => void, signal: AbortSignal): Promise<'ended' | 'failed' | 'refused'> {
  let opened = false
  try {
    const response = await send('/orders/events', {headers: {accept: 'text/event-stream'}}, signal)
    if (response.status === 401 || response.status === 403) return 'refused'
    opened = response.ok
    if (opened && response.body) await readEvents(response.body, onChange)
  } catch {
    // The connection broke or the page has gone; the loop above tells them apart by the signal.
  }

  return opened ? 'ended' : 'failed'
}

async function readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>, onChange: () => void) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const {done, value} = await reader.read()
    if (done) return
    const blocks = (rest + value).split('\n\n')
    rest = blocks.pop() ?? ''
    if (blocks.some((block) => /^event: (ready|order)$/m.test(block))) onChange()
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const {promise, resolve} = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const stop = () => {
    clearTimeout(timer)
    resolve()
  }

  signal.addEventListener('abort', stop, {once: true})
  return promise.finally(() => signal.removeEventListener('abort', stop))
}
