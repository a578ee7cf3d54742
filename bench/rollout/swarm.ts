/**
 * Docker Swarm as one of the systems: DNS round robin in place of a virtual IP, which needs IPVS in the kernel.
 * The CLI says "converged" by a rule of its own, so what counts as done is what the manager reports.
 */
import http from 'node:http'

import type {Place} from './place.js'
import type {Change, System} from './systems.js'

import {must} from '../command.js'
import {type AppState, CHECK, imageOf} from './app.js'

const POLL_MS = 50
const DEADLINE_MS = 120_000

export async function swarm(place: Place): Promise<System> {
  const {socketPath} = place
  if (socketPath === undefined) throw new Error('Swarm mode is never switched on at the engine of the machine')
  const name = 'app'
  const network = `${place.sandbox.id}w`
  const docker = async (...args: string[]) => must(['docker', ...args], place)
  const change = async (args: readonly string[], isDone: () => Promise<boolean>): Promise<Change> => {
    const started = performance.now()
    const {exitCode, output} = await docker('service', ...args)
    await until(isDone)
    return {exitCode, output, ms: performance.now() - started}
  }
  const updateState = async (): Promise<string> => {
    const {UpdateStatus} = (await ask(socketPath, `/services/${name}`)) as {UpdateStatus?: {State: string}}
    return UpdateStatus?.State ?? ''
  }
  const isRunning = async ({replicas}: AppState): Promise<boolean> => {
    const filters = encodeURIComponent(JSON.stringify({service: [name], 'desired-state': ['running']}))
    const tasks = (await ask(socketPath, `/tasks?filters=${filters}`)) as {Status: {State: string}}[]
    return tasks.length === replicas && tasks.every((task) => task.Status.State === 'running')
  }
  const image = (state: AppState): string => imageOf(place.sandbox.id, state.version)
  return {
    name: 'swarm',
    up: async (state) => {
      await docker('swarm', 'init', '--advertise-addr', '127.0.0.1')
      await docker('network', 'create', '--driver', 'overlay', '--attachable', network)
      await docker(...createArgs(network, state), image(state))
      await until(() => isRunning(state))
      return network
    },
    update: async (state) => {
      const args = ['update', '--detach', '--no-resolve-image', '--image', image(state), name]
      const result = await change(args, async () => /completed|paused/.test(await updateState()))
      // What the CLI does not say by its exit code.
      return {...result, exitCode: (await updateState()) === 'completed' ? 0 : 1, output: await updateState()}
    },
    scale: async (state) => change(['scale', '--detach', `${name}=${state.replicas}`], () => isRunning(state)),
    again: async () => {
      const {ms} = await docker('service', 'update', '--detach', '--no-resolve-image', name)
      return ms
    },
    down: async () => {
      await docker('service', 'rm', name)
      await docker('swarm', 'leave', '--force')
    },
  }
}

/** Start-first, all at once, the shortest monitor window: as in the compose file of the others. */
function createArgs(network: string, {replicas}: AppState): string[] {
  const check = ['--health-cmd', `bash -c "${CHECK}"`, '--health-interval', '1s', '--health-timeout', '2s']
  const update = ['--update-order', 'start-first', '--update-parallelism', '0', '--update-monitor', '1ms']
  const failure = ['--update-failure-action', 'rollback', '--rollback-parallelism', '0', '--rollback-monitor', '1ms']
  const place = ['--network', network, '--endpoint-mode', 'dnsrr', '--no-resolve-image', '--stop-grace-period', '5s']
  const all = [...check, '--health-retries', '10', ...update, ...failure, ...place, '--replicas', String(replicas)]
  return ['service', 'create', '--detach', '--quiet', '--name', 'app', ...all]
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const started = performance.now()
  while (!(await isDone())) {
    if (performance.now() - started > DEADLINE_MS) throw new Error('Swarm did not get there')
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function ask(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    http
      .get({socketPath, path: `/v1.41${path}`, agent: false}, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text: string) => (body += text))
        response.on('end', () => resolve(JSON.parse(body))).on('error', reject)
      })
      .on('error', reject)
  })
}
