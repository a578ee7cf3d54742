import {join} from 'node:path'

/** Logins for image registries, from where `docker login` put them: the configuration file and its credential helpers. */
import type {RegistryAuth} from '../engine/engine.js'

import {configDirectory, type Environment, readJson} from '../engine/endpoint.js'
import {splitReference} from '../engine/reference.js'
import {ConfigError} from '../errors.js'

/** The key under which docker keeps the login of its default registry. */
const DEFAULT_REGISTRY = 'https://index.docker.io/v1/'

interface DockerConfig {
  readonly auths?: Readonly<
    Record<string, {auth?: string; identitytoken?: string; username?: string; password?: string}>
  >
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
}

/** The login for the registry of an image; undefined when there is none. */
export async function registryAuth(env: Environment, reference: string): Promise<RegistryAuth | undefined> {
  const config = ((await readJson(join(configDirectory(env), 'config.json'))) ?? {}) as DockerConfig
  const server = splitReference(reference).registry ?? DEFAULT_REGISTRY
  const helper = config.credHelpers?.[hostOf(server)] ?? config.credsStore
  const fromHelper = helper ? await askHelper(helper, server, env) : undefined
  return fromHelper ?? fromFile(config, server)
}

function fromFile({auths}: DockerConfig, server: string): RegistryAuth | undefined {
  const entry = Object.entries(auths ?? {}).find(([key]) => hostOf(key) === hostOf(server))?.[1]
  if (!entry) return undefined
  if (entry.identitytoken) return {identitytoken: entry.identitytoken, serveraddress: server}
  if (!entry.auth) {
    return entry.username
      ? {username: entry.username, password: entry.password ?? '', serveraddress: server}
      : undefined
  }

  // The password may hold colons itself.
  const [, username = '', password = ''] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(entry.auth, 'base64').toString('utf8')) ?? []
  return {username, password: password.replace(/\0+$/, ''), serveraddress: server}
}

/** Older files have whole addresses as keys: `https://registry.example/v1/`. */
function hostOf(server: string): string {
  return server.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}

async function askHelper(helper: string, server: string, env: Environment): Promise<RegistryAuth | undefined> {
  const {execa} = await import('execa')
  const program = `docker-credential-${helper}`
  const result = await execa(program, ['get'], {input: server, env, extendEnv: false, reject: false})
  if (result.exitCode === undefined) {
    throw new ConfigError(`cannot run ${program}, which the docker configuration names for ${hostOf(server)}`, {
      suggestions: [`Install ${program}, or run docker login again`],
    })
  }

  // "No login there" is an exit code too; the registry decides whether it needs one.
  if (result.exitCode !== 0) return undefined
  return fromHelperAnswer(result.stdout, server)
}

function fromHelperAnswer(answer: string, server: string): RegistryAuth | undefined {
  const {Username, Secret} = JSON.parse(answer) as {Username?: string; Secret?: string}
  if (!Secret) return undefined
  if (Username === '<token>') return {identitytoken: Secret, serveraddress: server}
  return {username: Username ?? '', password: Secret, serveraddress: server}
}
