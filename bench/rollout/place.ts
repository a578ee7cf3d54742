/**
 * Where the measurement takes place: an engine of its own in a container, so that Swarm mode does not touch the engine of
 * the machine and all systems have the same engine; or, where such a container cannot run, the machine's engine.
 */
import {spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

import {connectEngine} from '../../src/lib/engine/connect.js'
import {routerImage} from '../../src/lib/router/image.js'
import {Sandbox} from '../../test/support/sandbox.js'
import {must, run, type Where} from '../command.js'

export interface Place extends Where {
  /** Also the prefix of every name. */
  readonly sandbox: Sandbox
  /** The engine's unix socket; undefined on the machine's engine, where Swarm mode is not switched on. */
  readonly socketPath: string | undefined
  /** Why it is not an engine of its own. */
  readonly because: string | undefined
  readonly close: () => Promise<void>
}

/** `--privileged` for whom it is refused: what dockerd, overlay networks and containers in a container need. */
const CAPABILITIES = [
  'SYS_ADMIN',
  'NET_ADMIN',
  'SYS_PTRACE',
  'SYS_CHROOT',
  'MKNOD',
  'SETPCAP',
  'SYSLOG',
  'IPC_LOCK',
  'DAC_READ_SEARCH',
  'SYS_NICE',
  'AUDIT_WRITE',
]
const UNCONFINED = ['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined']
const START_DEADLINE_MS = 30_000

/** Opens the place. `BENCH_ENGINE=host` asks for the machine's engine. */
export async function openPlace(): Promise<Place> {
  const id = `stkbench${randomBytes(3).toString('hex')}`
  const cwd = await mkdtemp(path.join(tmpdir(), `${id}-`))
  const outside: Where = {cwd, env: process.env}
  if (process.env.BENCH_ENGINE === 'host') return hostPlace(id, outside, 'BENCH_ENGINE=host')
  try {
    return await nestedPlace(id, outside)
  } catch (error) {
    await removeEngine(id, outside)
    return hostPlace(id, outside, error instanceof Error ? error.message : String(error))
  }
}

async function hostPlace(id: string, outside: Where, because: string): Promise<Place> {
  const sandbox = new Sandbox(await connectEngine({env: outside.env}), id, outside.cwd)
  return {...outside, sandbox, socketPath: undefined, because, close: () => sandbox.remove()}
}

async function nestedPlace(id: string, outside: Where): Promise<Place> {
  const image = `${id}/engine`
  await must(['docker', 'build', '--quiet', '--tag', image, path.join(import.meta.dirname, 'engine')], outside)
  const rights = [
    ...CAPABILITIES.flatMap((name) => ['--cap-add', name]),
    ...UNCONFINED.flatMap((option) => ['--security-opt', option]),
  ]
  const mount = ['--volume', `${outside.cwd}:/run/engine`]
  const names = ['--name', `${id}-engine`, '--hostname', 'bench', '--label', `dev.stackctl.bench=${id}`]
  await must(['docker', 'run', '--detach', '--cgroupns', 'private', ...rights, ...mount, ...names, image], outside)
  const socketPath = path.join(outside.cwd, 'docker.sock')
  const {DOCKER_CONTEXT: _, ...env} = outside.env
  const inside: Where = {cwd: outside.cwd, env: {...env, DOCKER_HOST: `unix://${socketPath}`}}
  await answers(inside)
  await copyImages(outside, inside)
  const sandbox = new Sandbox(await connectEngine({env: inside.env}), id, outside.cwd)
  const close = async (): Promise<void> => {
    await removeEngine(id, outside)
    await rm(outside.cwd, {recursive: true, force: true})
  }
  return {...inside, sandbox, socketPath, because: undefined, close}
}

/** The engine with everything in it, and its image. */
async function removeEngine(id: string, outside: Where): Promise<void> {
  await run(['docker', 'rm', '--force', '--volumes', `${id}-engine`], outside)
  await run(['docker', 'rmi', '--force', `${id}/engine`], outside)
}

async function answers(inside: Where): Promise<void> {
  const started = performance.now()
  while ((await run(['docker', 'version'], inside)).exitCode !== 0) {
    if (performance.now() - started > START_DEADLINE_MS) throw new Error('an engine in a container did not start')
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/** There may be no registry within reach: what the machine has is handed on. */
async function copyImages(outside: Where, inside: Where): Promise<void> {
  const wanted = ['stackctl/node:24', 'debian:trixie-slim', await routerImage(undefined)]
  const present: string[] = []
  for (const name of wanted)
    if ((await run(['docker', 'image', 'inspect', name], outside)).exitCode === 0) present.push(name)
  const save = spawn('docker', ['save', ...present], {...outside, stdio: ['ignore', 'pipe', 'inherit']})
  const load = spawn('docker', ['load', '--quiet'], {...inside, stdio: [save.stdout, 'ignore', 'inherit']})
  const [code] = (await once(load, 'close')) as [number | null]
  if (code !== 0) throw new Error('images could not be copied into the engine')
}
