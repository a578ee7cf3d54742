import {useCallback, useEffect, useEffectEvent, useState} from 'react'

import {type ApiError, asApiError} from './api-error.js'

export interface Resource<T> {
  data: T | undefined
  /** Why the last attempt failed; data of an earlier one is still there then. */
  error: ApiError | undefined
  loading: boolean
  reload: () => void
}

/** The last answer by key: going back shows the page at once while it is fetched anew. */
const lastAnswers = new Map<string, unknown>()
const MAX_ANSWERS = 50

/** Forgets everything: what one customer has seen must not flash up for the next. */
export function forgetResources(): void {
  lastAnswers.clear()
}

interface Outcome<T> {
  key: string
  attempt: number
  data?: T | undefined
  error?: ApiError | undefined
}

/** Loads something for as long as the component shows it; a new key starts over and drops the answer to the old one. */
export function useResource<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [attempt, setAttempt] = useState(0)
  const [outcome, setOutcome] = useState<Outcome<T>>()
  const start = useEffectEvent(load)

  useEffect(() => {
    const controller = new AbortController()
    const settle = (result: Pick<Outcome<T>, 'data' | 'error'>) => {
      if (controller.signal.aborted) return
      if (result.data !== undefined) remember(key, result.data)
      setOutcome({key, attempt, ...result})
    }

    start(controller.signal).then(
      (data) => settle({data}),
      (error: unknown) => settle({error: asApiError(error)}),
    )
    return () => controller.abort()
  }, [key, attempt])

  const mine = outcome?.key === key ? outcome : undefined
  return {
    data: mine?.data ?? (lastAnswers.get(key) as T | undefined),
    error: mine?.error,
    loading: mine?.attempt !== attempt,
    reload: useCallback(() => setAttempt((count) => count + 1), []),
  }
}

function remember(key: string, data: unknown) {
  if (lastAnswers.size >= MAX_ANSWERS && !lastAnswers.has(key)) lastAnswers.clear()
  lastAnswers.set(key, data)
}
