import {type FormEvent, useEffect, useRef, useState} from 'react'

import type {SignedIn} from '../api/types.js'

import {type ApiError, asApiError} from '../api/api-error.js'
import {startSession} from './session-store.js'

export type FieldErrors = Record<string, string | undefined>
type Values = Record<string, string>

interface AccountFormOptions<Name extends string> {
  fields: readonly Name[]
  /** What is wrong with the values, by field; nothing when they can be sent. */
  validate: (values: Record<Name, string>) => FieldErrors
  send: (values: Record<Name, string>) => Promise<SignedIn>
}

/** Runs a form that ends in a session: checks, sends, and leads focus to the first field that is wrong. */
export function useAccountForm<Name extends string>({fields, validate, send}: AccountFormOptions<Name>) {
  const [errors, setErrors] = useState<FieldErrors>({})
  const [problem, setProblem] = useState<ApiError>()
  const [busy, setBusy] = useState(false)
  const formRef = useRef<HTMLFormElement>(null)

  useEffect(() => {
    formRef.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [errors])

  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (busy) return
    const values = valuesOf(event.currentTarget, fields)
    const wrong = validate(values)
    setErrors(wrong)
    setProblem(undefined)
    if (Object.values(wrong).some(Boolean)) return

    setBusy(true)
    try {
      startSession(await send(values))
    } catch (error_) {
      const error = asApiError(error_)
      setErrors(fieldErrors(error, fields))
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }

  return {errors, problem, busy, formRef, onSubmit}
}

/** Passwords are taken as they are typed: a space may be part of one. */
function valuesOf<Name extends string>(form: HTMLFormElement, fields: readonly Name[]): Record<Name, string> {
  const data = new FormData(form)
  const entries = fields.map((name) => {
    const value = String(data.get(name) ?? '')
    return [name, name === 'password' ? value : value.trim()] as const
  })
  return Object.fromEntries(entries) as Record<Name, string>
}

function fieldErrors(error: ApiError, fields: readonly string[]): FieldErrors {
  if (error.code === 'email_taken') return {email: 'This address already has an account. Sign in instead.'}
  const known: Values = {}
  for (const name of fields) {
    const reason = error.fields[name]
    if (reason) known[name] = reason.charAt(0).toUpperCase() + reason.slice(1)
  }

  return known
}
