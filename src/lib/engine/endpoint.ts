/**
 * Which Docker Engine to talk to, by the same rules as the docker CLI:
 * a named context, then DOCKER_HOST, then DOCKER_CONTEXT, then the context that `docker context use` chose.
 */
import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'

import {ConfigError} from '../errors.js'

export type Environment = Readonly<Record<string, string | undefined>>

export interface TlsMaterial {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly verify: boolean
}

export type Endpoint =
  | {readonly kind: 'unix'; readonly address: string; readonly path: string}
  | {
      readonly kind: 'tcp'
      readonly address: string
      readonly host: string
      readonly port: number
      readonly tls: TlsMaterial | undefined
    }
  | {
      readonly kind: 'ssh'
      readonly address: string
      readonly host: string
      readonly port: string
      readonly user: string
      /** Socket on the far side; empty = what `docker` there uses. */
      readonly socketPath: string
      /** Environment of the ssh that is run: PATH, SSH_AUTH_SOCK. */
      readonly env: Environment
    }

export interface EndpointOptions {
  readonly env: Environment
  /** A context named by the user; beats everything else. */
  readonly context?: string | undefined
}

const DEFAULT_HOST = 'unix:///var/run/docker.sock'
const DEFAULT_CONTEXT = 'default'

/** Answers the endpoint; a context that does not exist or an address that cannot be read is a ConfigError. */
export async function resolveEndpoint({env, context}: EndpointOptions): Promise<Endpoint> {
  const chosen = await chooseContext(env, context)
  if (chosen.name !== DEFAULT_CONTEXT) return endpointOfContext(env, chosen)
  return parseHost(env.DOCKER_HOST || DEFAULT_HOST, {source: 'DOCKER_HOST', tls: await tlsOfEnvironment(env), env})
}

interface ChosenContext {
  readonly name: string
  /** Who said so, for messages. */
  readonly source: string
}

async function chooseContext(env: Environment, named: string | undefined): Promise<ChosenContext> {
  if (named) return {name: named, source: 'the --context option'}
  if (env.DOCKER_HOST) return {name: DEFAULT_CONTEXT, source: 'DOCKER_HOST'}
  if (env.DOCKER_CONTEXT) return {name: env.DOCKER_CONTEXT, source: 'DOCKER_CONTEXT'}
  const file = join(configDirectory(env), 'config.json')
  const current = (await readJson(file))?.currentContext
  if (typeof current === 'string' && current !== '') return {name: current, source: file}
  return {name: DEFAULT_CONTEXT, source: 'the default'}
}

/** The directory of the docker CLI's own configuration. */
export function configDirectory(env: Environment): string {
  return env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker')
}

async function endpointOfContext(env: Environment, {name, source}: ChosenContext): Promise<Endpoint> {
  const configDir = configDirectory(env)
  const id = createHash('sha256').update(name).digest('hex')
  const meta = await readJson(join(configDir, 'contexts', 'meta', id, 'meta.json'))
  if (meta === undefined) {
    throw new ConfigError(`docker context "${name}" (from ${source}) does not exist`, {
      suggestions: ['docker context ls', 'Name another context, or unset DOCKER_CONTEXT'],
    })
  }

  const docker = (meta.Endpoints as Record<string, {Host?: string; SkipTLSVerify?: boolean}> | undefined)?.docker
  if (!docker?.Host) throw new ConfigError(`docker context "${name}" has no docker endpoint`)
  const tls = await readTls(join(configDir, 'contexts', 'tls', id, 'docker'), docker.SkipTLSVerify !== true)
  const useTls = tls.ca || tls.cert || docker.SkipTLSVerify
  return parseHost(docker.Host, {source: `docker context "${name}"`, tls: useTls ? tls : undefined, env})
}

async function tlsOfEnvironment(env: Environment): Promise<TlsMaterial | undefined> {
  if (!env.DOCKER_TLS_VERIFY && !env.DOCKER_TLS) return undefined
  return readTls(env.DOCKER_CERT_PATH || configDirectory(env), Boolean(env.DOCKER_TLS_VERIFY))
}

async function readTls(directory: string, verify: boolean): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readIfExists(join(directory, name))),
  )
  return {...(ca && {ca}), ...(cert && {cert}), ...(key && {key}), verify}
}

interface HostContext {
  readonly source: string
  readonly tls: TlsMaterial | undefined
  readonly env: Environment
}

function parseHost(written: string, {source, tls, env}: HostContext): Endpoint {
  const address = written.includes('://') ? written : `tcp://${written}`
  if (address.startsWith('unix://')) {
    return {kind: 'unix', address, path: address.slice('unix://'.length) || DEFAULT_HOST.slice('unix://'.length)}
  }

  const url = URL.parse(address)
  if (url?.hostname && url.protocol === 'tcp:') return tcpEndpoint(address, url, tls)
  if (url?.hostname && url.protocol === 'ssh:') return sshEndpoint(address, url, env)
  throw new ConfigError(`${source} is "${withoutPassword(address)}", which is no address of a Docker Engine`, {
    suggestions: ['Use unix:///path, tcp://host:port or ssh://user@host'],
  })
}

function tcpEndpoint(address: string, url: URL, tls: TlsMaterial | undefined): Endpoint {
  const port = url.port === '' ? (tls ? 2376 : 2375) : Number(url.port)
  const host = url.hostname.replaceAll(/^\[|\]$/g, '')
  return {kind: 'tcp', address, host, port, tls}
}

function sshEndpoint(address: string, url: URL, env: Environment): Endpoint {
  if (url.password !== '') {
    throw new ConfigError(`the address ${withoutPassword(address)} holds a password; ssh takes none from an address`, {
      suggestions: ['Use a key or an agent: ssh-add'],
    })
  }

  return {
    kind: 'ssh',
    address,
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: url.port,
    user: decodeURIComponent(url.username),
    socketPath: url.pathname === '/' ? '' : decodeURIComponent(url.pathname),
    env,
  }
}

function withoutPassword(address: string): string {
  return address.replace(/:[^:@/]*@/, ':…@')
}

/** A JSON object of a file; undefined when there is no such file. A file that is not JSON is a ConfigError. */
export async function readJson(file: string): Promise<Record<string, unknown> | undefined> {
  const content = await readIfExists(file)
  if (content === undefined) return undefined
  try {
    return JSON.parse(content.toString('utf8')) as Record<string, unknown>
  } catch (error) {
    throw new ConfigError(`${file} is not valid JSON`, {cause: error, suggestions: [`Repair or remove ${file}`]})
  }
}

async function readIfExists(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ConfigError(`cannot read ${file}: ${code ?? 'unknown error'}`, {cause: error})
  }
}
