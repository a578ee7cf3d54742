import {Link, Navigate, useSearchParams} from 'react-router'

import {signIn} from '../api/accounts.js'
import {Button} from '../components/button.js'
import {Field} from '../components/field.js'
import {Page} from '../components/page.js'
import {Problem} from '../components/problem.js'
import {emailError} from '../session/account-rules.js'
import {pathAfterSignIn} from '../session/require-session.js'
import {useAccountForm} from '../session/use-account-form.js'
import {useSession} from '../session/use-session.js'

const FIELDS = ['email', 'password'] as const

export function SignInPage() {
  const session = useSession()
  const [search] = useSearchParams()
  const {errors, problem, busy, formRef, onSubmit} = useAccountForm({
    fields: FIELDS,
    validate: ({email, password}) => ({
      email: emailError(email),
      password: password ? undefined : 'Enter your password.',
    }),
    send: signIn,
  })
  if (session) return <Navigate to={pathAfterSignIn(search.get('next'))} replace />

  return (
    <Page heading="Sign in" width="narrow">
      <form className="form" ref={formRef} noValidate onSubmit={(event) => void onSubmit(event)}>
        {problem && <Problem error={problem} />}
        <Field label="E-mail address" name="email" type="email" autoComplete="username" error={errors.email} required />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          error={errors.password}
          required
        />
        <Button type="submit" className="button-wide" busy={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
      <p className="form-other">
        New here? <Link to={`/sign-up?${search}`}>Create an account</Link>
      </p>
    </Page>
  )
}
