/** The restart policy of a service, in the engine's words. */
import type {Service} from './model.js'

export interface RestartPolicy {
  readonly Name: string
  readonly MaximumRetryCount?: number
}

/** Conditions of `deploy.restart_policy` that the engine calls otherwise. */
const ENGINE_WORD: Readonly<Record<string, string>> = {none: 'no', any: 'always'}

/** `deploy.restart_policy` if given, else `restart:`; none of both leaves it to the engine, which does not restart. */
export function restartPolicy({compose}: Service): RestartPolicy {
  const policy = compose.deploy?.restart_policy
  if (policy !== undefined) return named(policy.condition ?? 'any', policy.max_attempts)
  if (compose.restart === undefined || compose.restart === '') return {Name: ''}
  const [name = '', attempts] = compose.restart.split(':')
  return named(name, attempts === undefined ? undefined : Number(attempts))
}

function named(condition: string, attempts: number | undefined): RestartPolicy {
  const Name = ENGINE_WORD[condition] ?? condition
  // The engine refuses a retry count with any other policy.
  return attempts !== undefined && Name === 'on-failure' ? {Name, MaximumRetryCount: attempts} : {Name}
}
