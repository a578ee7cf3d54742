/**
 * An engine of its own for a test that restarts it: this machine's own dockerd, run in a container, so that nobody else
 * notices. It needs an engine on this machine that grants the capabilities below; they make the container next to root,
 * so it is for test machines only.
 */
import {execFile, spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'

const run = promisify(execFile)
/** The engine that the container runs on, also when the test speaks to the one inside by then. */
const OUTSIDE = {...process.env}
const docker = async (argv: readonly string[], env: NodeJS.ProcessEnv = OUTSIDE): Promise<string> =>
  (await run('docker', argv, {env})).stdout.trim()

export interface NestedEngine {
  /** For `DOCKER_HOST`. */
  readonly address: string
  /** Where the ports that its containers publish are reached. */
  readonly ip: string
  /** Ends dockerd as a package upgrade would, and starts it again; resolves when it answers. */
  readonly restart: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** What dockerd and containers in a container need; `--privileged` asks for more than some machines can give. */
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
const START_DEADLINE_MS = 60_000

/** Makes writable what dockerd has to write, and starts it again whenever it ends. */
const START = `set -eu
for path in /sys /sys/fs/cgroup /sys/fs/cgroup/* /proc/sys; do
  if mountpoint -q "$path"; then mount -o remount,bind,rw "$path"; fi
done
while true; do
  rm -f /var/run/docker.pid
  dockerd --host=unix:///run/engine/docker.sock || true
done
`

/** Starts it with copies of these images. */
export async function openNestedEngine(images: readonly string[]): Promise<NestedEngine> {
  const directory = await mkdtemp(path.join(tmpdir(), 'stkengine-'))
  const name = `stkengine${randomBytes(3).toString('hex')}`
  const address = `unix://${directory}/docker.sock`
  const remove = async (): Promise<void> => {
    await docker(['rm', '--force', '--volumes', name])
    await rm(directory, {recursive: true, force: true})
  }

  try {
    await writeFile(path.join(directory, 'start.sh'), START)
    await docker(runArguments(name, directory))
    await answers(address)
    await copyImages(images, address)
    const ip = await docker(['inspect', name, '--format', '{{.NetworkSettings.IPAddress}}'])
    return {address, ip, restart: async () => restart(name, address), remove}
  } catch (error) {
    await remove()
    throw error
  }
}

/** The programs are the machine's own: whatever engine it has is the one that is tested. */
function runArguments(name: string, directory: string): string[] {
  const mounts = [
    `${directory}:/run/engine`,
    '/usr:/usr:ro',
    '/etc/alternatives:/etc/alternatives:ro',
    '/var/lib/docker',
  ]
  return [
    'run',
    '--detach',
    '--name',
    name,
    '--cgroupns',
    'private',
    '--label',
    'dev.stackctl.test=engine',
    ...CAPABILITIES.flatMap((capability) => ['--cap-add', capability]),
    ...UNCONFINED.flatMap((option) => ['--security-opt', option]),
    ...mounts.flatMap((mount) => ['--volume', mount]),
    'debian:trixie-slim',
    'sh',
    '/run/engine/start.sh',
  ]
}

async function restart(name: string, address: string): Promise<void> {
  const pid = async (): Promise<string> => docker(['exec', name, 'pidof', 'dockerd'])
  const before = await pid()
  await docker(['exec', name, 'kill', '-TERM', before])
  await until(async () => (await pid()) !== before)
  await answers(address)
}

async function answers(address: string): Promise<void> {
  await until(async () => {
    await docker(['version'], inside(address))
    return true
  })
}

async function copyImages(images: readonly string[], address: string): Promise<void> {
  const save = spawn('docker', ['save', ...images], {env: OUTSIDE, stdio: ['ignore', 'pipe', 'inherit']})
  const load = spawn('docker', ['load', '--quiet'], {env: inside(address), stdio: [save.stdout, 'ignore', 'inherit']})
  const [code] = (await once(load, 'close')) as [number | null]
  if (code !== 0) throw new Error(`the images could not be copied: docker load ended with ${code}`)
}

function inside(address: string): NodeJS.ProcessEnv {
  const {DOCKER_CONTEXT: _, ...env} = OUTSIDE
  return {...env, DOCKER_HOST: address}
}

/** Asks until the answer is yes; an error is a no. */
async function until(ask: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + START_DEADLINE_MS
  while (!(await ask().catch(() => false))) {
    if (performance.now() > end) throw new Error('the engine in a container does not answer')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
