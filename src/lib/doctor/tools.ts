/** Versions of the docker CLI's plugins and what the engine's host has, as the CLI tells it. */
import type {Capacity} from './facts.js'

type Env = Readonly<Record<string, string | undefined>>

export interface DockerCli {
  readonly env: Env
  readonly context: string | undefined
  readonly signal: AbortSignal
}

const ANSWER_TIMEOUT_MS = 5000

/** `2.26.1`; undefined when the plugin is not installed. */
export async function pluginVersion(plugin: 'compose' | 'buildx', cli: DockerCli): Promise<string | undefined> {
  const text = await ask([plugin, 'version'], cli)
  return /\d+\.\d+\.\d+/.exec(text ?? '')?.[0]
}

export async function hostCapacity(cli: DockerCli): Promise<Capacity | undefined> {
  const text = await ask(['info', '--format', '{{.NCPU}} {{.MemTotal}}'], cli)
  const [cpus = 0, memoryBytes = 0] = (text ?? '').trim().split(' ').map(Number)
  return cpus > 0 && memoryBytes > 0 ? {cpus, memoryBytes} : undefined
}

async function ask(args: readonly string[], {env, context, signal}: DockerCli): Promise<string | undefined> {
  const {execa} = await import('execa')
  const global = context === undefined ? [] : ['--context', context]
  const result = await execa('docker', [...global, ...args], {
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: ANSWER_TIMEOUT_MS,
    cancelSignal: signal,
  })
  return result.exitCode === 0 ? result.stdout : undefined
}
