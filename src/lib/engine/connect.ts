/** Opens the way to an engine: where it is, whether it answers, and which API version both sides speak. */
import type {Engine} from './engine.js'

import {UnreachableError} from '../errors.js'
import {EngineClient, type Line} from './client.js'
import {dockerodeEngine, type EngineVersion} from './dockerode.js'
import {type Endpoint, type Environment, resolveEndpoint} from './endpoint.js'
import {EndpointAgent} from './transport.js'

export interface ConnectOptions {
  readonly env: Environment
  /** A docker context named by the user; beats DOCKER_HOST. */
  readonly context?: string | undefined
}

const OLDEST_API = '1.41'
const NEWEST_API = '1.47'
const ANSWER_TIMEOUT_MS = 4500
/** A handshake over ssh takes several round trips, and perhaps a jump host. */
const SSH_ANSWER_TIMEOUT_MS = 20_000

/** Connects like the docker CLI would. Nothing that answers, or an API that is too old, is an UnreachableError. */
export async function connectEngine(options: ConnectOptions): Promise<Engine> {
  const endpoint = await resolveEndpoint(options)
  const first = new EndpointAgent(endpoint)
  const openLine = async (): Promise<Line> => openDockerode(endpoint, version)
  let version = OLDEST_API
  let answer: EngineVersion
  try {
    answer = await ask(new EngineClient({address: endpoint.address, agent: first, openLine}), endpoint)
    version = negotiate(answer, endpoint)
  } finally {
    first.cutAll()
  }

  const agent = new EndpointAgent(endpoint)
  return dockerodeEngine(new EngineClient({address: endpoint.address, agent, version, openLine}), answer)
}

/** Loaded only for those who build: it takes longer to load than most commands take to run. */
async function openDockerode(endpoint: Endpoint, version: string): Promise<Line> {
  const {default: Docker} = await import('dockerode')
  const agent = new EndpointAgent(endpoint)
  // The agent alone decides where connections go. `host: ''` keeps DOCKER_HOST from overriding it.
  const route = {host: '', socketPath: 'engine', protocol: 'http', agent, version: `v${version}`} as const
  return {docker: new Docker(route), close: () => agent.cutAll()}
}

/** The newest API version that both sides speak. */
function negotiate({ApiVersion, MinAPIVersion}: EngineVersion, endpoint: Endpoint): string {
  if (isOlder(ApiVersion, OLDEST_API)) {
    throw new UnreachableError(
      `the Docker Engine at ${endpoint.address} speaks API ${ApiVersion}; stackctl needs ${OLDEST_API} or newer`,
      {suggestions: ['Update Docker on that host to 20.10 or newer'], facts: {apiVersion: ApiVersion}},
    )
  }

  if (MinAPIVersion && isOlder(NEWEST_API, MinAPIVersion)) {
    throw new UnreachableError(
      `the Docker Engine at ${endpoint.address} needs API ${MinAPIVersion} or newer; this stackctl speaks up to ${NEWEST_API}`,
      {suggestions: ['Update stackctl'], facts: {minApiVersion: MinAPIVersion}},
    )
  }

  return isOlder(ApiVersion, NEWEST_API) ? ApiVersion : NEWEST_API
}

async function ask(client: EngineClient, endpoint: Endpoint): Promise<EngineVersion> {
  const timeoutMs = endpoint.kind === 'ssh' ? SSH_ANSWER_TIMEOUT_MS : ANSWER_TIMEOUT_MS
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await client.json({what: 'connect', path: '/version', signal})
  } catch (error) {
    if (!signal.aborted) throw error
    throw client.failure({what: 'connect'}, {message: 'no answer', code: 'ETIMEDOUT'})
  }
}

/** Compares `major.minor`. */
function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number)
  return major === thanMajor ? minor < thanMinor : major < thanMajor
}
