import {describe, expect, it} from 'vitest'

import {engineFailure} from '../../../src/lib/engine/docker-errors.js'
import {sshArguments} from '../../../src/lib/engine/ssh.js'
import {
  ConfigError,
  EngineConflictError,
  EngineError,
  PreflightError,
  StackError,
  UnreachableError,
} from '../../../src/lib/errors.js'

const ADDRESS = 'unix:///var/run/docker.sock'
const failure = (thrown: object, what = 'start web-r2-1') => engineFailure({address: ADDRESS, what}, thrown)
const answered = (statusCode: number, text: string) =>
  failure({statusCode, message: `(HTTP code ${statusCode}) unexpected - ${text} `})

describe('failures of the engine', () => {
  it.each([
    ['ENOENT', 'is not there: no such socket', 'Start Docker'],
    ['ECONNREFUSED', 'is not running: connection refused', 'Start Docker'],
    ['EACCES', 'refuses this user: permission denied on the socket', 'docker group'],
    ['ENOTFOUND', 'has no address: the name does not resolve', 'Check the host name'],
    ['ETIMEDOUT', 'does not answer in time', 'firewall'],
    ['ECONNRESET', 'broke the connection', 'docker version'],
  ])('%s: unreachable, with what to do', (code, reason, remedy) => {
    const error = failure({code, message: 'read failed'})
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error).not.toBeInstanceOf(EngineError)
    expect(error.message).toContain(`cannot start web-r2-1: the Docker Engine at ${ADDRESS} ${reason}`)
    expect(error.suggestions.join(' ')).toContain(remedy)
  })

  it.each([
    'client version 1.47 is too new. Maximum supported API version is 1.41',
    'client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version',
  ])('names both versions: %s', (text) => {
    const error = answered(400, text)
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error.message).toMatch(/speaks API 1\.4\d, but the Docker Engine at \S+ wants at (?:most 1\.41|least 1\.44)/)
  })

  it.each([
    'driver failed programming external connectivity on endpoint x (abc): Bind for 0.0.0.0:8080 failed: port is already allocated',
    'driver failed programming external connectivity on endpoint x (abc): Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use',
    'failed to set up container networking: driver failed programming external connectivity on endpoint x (abc): failed to bind host port for 0.0.0.0:8080:172.18.0.2:80/tcp: address already in use',
    'failed to set up container networking: driver failed programming external connectivity on endpoint x (abc): failed to bind host port 0.0.0.0:8080/tcp: address already in use',
  ])('names the port that is taken: %s', (text) => {
    const error = answered(500, text)
    expect(error).toBeInstanceOf(PreflightError)
    expect(error.message).toBe('cannot start web-r2-1: port 8080 is already allocated')
    expect(error.exit).toBe(3)
  })

  it('tells a full disk', () => {
    expect(answered(500, 'write /var/lib/docker/x: no space left on device')).toBeInstanceOf(PreflightError)
  })

  it('tells a taken name, its holder whole, from other conflicts', () => {
    const holder = 'ab'.repeat(32)
    const taken = answered(
      409,
      `Conflict. The container name "/x" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
    )
    expect(taken).toBeInstanceOf(EngineConflictError)
    expect(taken.facts).toEqual({holder})
    expect(taken.message).toBe(
      `cannot start web-r2-1: the name is already in use by container "${holder.slice(0, 12)}"`,
    )
    expect(answered(409, `Container ${holder} is not running`)).not.toBeInstanceOf(EngineConflictError)
  })

  it('is one line, keeps the status and the cause, and passes its own errors on', () => {
    const error = answered(500, 'first\n  second\n')
    expect(error.message).toBe('cannot start web-r2-1: first second')
    expect((error as EngineError).statusCode).toBe(500)
    expect(error.cause).toBeDefined()
    const own = new ConfigError('mine')
    expect(engineFailure({address: ADDRESS, what: 'x'}, own)).toBe(own)
    expect(error).toBeInstanceOf(StackError)
  })
})

describe('the arguments of ssh', () => {
  const endpoint = {kind: 'ssh', address: 'ssh://x', host: 'far', port: '', user: '', socketPath: ''} as const

  it('leave everything that is not said to the configuration of the user', () => {
    expect(sshArguments(endpoint).slice(-5)).toEqual(['--', 'far', 'docker', 'system', 'dial-stdio'])
    expect(sshArguments(endpoint)).not.toContain('-l')
    expect(sshArguments(endpoint)).not.toContain('-p')
  })

  it('never let a host name or a path become something else', () => {
    const argv = sshArguments({
      ...endpoint,
      host: '-oProxyCommand=x',
      user: 'me',
      port: '2222',
      socketPath: "/a b'; rm",
    })
    expect(argv.indexOf('--')).toBeLessThan(argv.indexOf('-oProxyCommand=x'))
    expect(argv).toContain(String.raw`unix://'/a b'\''; rm'`)
  })
})
