import {AppError} from '@shop/platform'

/** 504 when the service was too slow, 502 when it could not be reached or broke off. */
export function upstreamProblem(name: string, error: Error): AppError {
  const slow = 'statusCode' in error && error.statusCode === 504
  return slow
    ? new AppError({
        status: 504,
        code: 'gateway_timeout',
        message: `the service ${name} did not answer in time`,
        cause: error,
      })
    : new AppError({status: 502, code: 'bad_gateway', message: `the service ${name} cannot be reached`, cause: error})
}
