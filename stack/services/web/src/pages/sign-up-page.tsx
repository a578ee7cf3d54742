import {Link, Navigate, useSearchParams} from 'react-router'

import {signUp} from '../api/accounts.js'
import {Button} from '../components/button.js'
import {Field} from '../components/field.js'
import {Page} from '../components/page.js'
import {Problem} from '../components/problem.js'
import {emailError, newPasswordError} from '../session/account-rules.js'
import {pathAfterSignIn} from '../session/require-session.js'
import {useAccountForm} from '../session/use-account-form.js'
import {useSession} from '../session/use-session.js'

const FIELDS = ['name', 'email', 'password'] as const

export function SignUpPage() {
  const session = useSession()
  const [search] = useSearchParams()
  const {errors, problem, busy, formRef, onSubmit} = useAccountForm({
    fields: FIELDS,
    validate: ({name, email, password}) => ({
      name: name ? undefined : 'Enter your name.',
      email: emailError(email),
      password: newPasswordError(password),
    }),
    send: signUp,
  })
  if (session) return <Navigate to={pathAfterSignIn(search.get('next'))} replace />

  return (
    <Page heading="Create an account" width="narrow">
      <form className="form" ref={formRef} noValidate onSubmit={(event) => void onSubmit(event)}>
        {problem && <Problem error={problem} />}
        <Field label="Name" name="name" autoComplete="name" maxLength={100} error={errors.name} required />
        <Field label="E-mail address" name="email" type="email" autoComplete="username" error={errors.email} required />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          hint="At least 8 characters."
          error={errors.password}
          required
        />
        <Button type="submit" className="button-wide" busy={busy}>
          {busy ? 'Creating your account…' : 'Create account'}
        </Button>
      </form>
      <p className="form-other">
        Already a customer? <Link to={`/sign-in?${search}`}>Sign in</Link>
      </p>
    </Page>
  )
}
