/** The systems that are compared, each with the same app, images, health check, order and parallelism. */
import path from 'node:path'

import type {Place} from './place.js'

import {must, run, type Run, STACKCTL, type Where} from '../command.js'
import {type AppState, writeCompose} from './app.js'

export interface System {
  readonly name: 'compose' | 'stackctl' | 'swarm'
  /** Deploys from nothing; answers the network that the app is on. */
  up(state: AppState): Promise<string>
  /** Brings the app to another version and returns when the system says that it is done, or refused it. */
  update(state: AppState): Promise<Change>
  /** Changes how many replicas there are, and returns when all are ready. */
  scale(state: AppState): Promise<Change>
  /** Asks for what is there already; answers ms. */
  again(): Promise<number>
  down(): Promise<void>
}

export interface Change {
  readonly exitCode: number
  readonly ms: number
  readonly output: string
}

export function compose(place: Place): System {
  const project = {id: place.sandbox.id, name: `${place.sandbox.id}c`}
  const where: Where = {cwd: path.join(place.cwd, 'compose'), env: place.env}
  const up = ['docker', 'compose', 'up', '--detach', '--wait']
  const change = async (state: AppState): Promise<Run> => {
    await writeCompose(where.cwd, project, state)
    return run(up, where)
  }
  return {
    name: 'compose',
    up: async (state) => {
      await writeCompose(where.cwd, project, state)
      await must(up, where)
      return `${project.name}_default`
    },
    update: change,
    scale: change,
    again: async () => (await must(['docker', 'compose', 'up', '--detach'], where)).ms,
    down: async () => {
      await must(['docker', 'compose', 'down', '--volumes', '--timeout', '0'], where)
    },
  }
}

export async function stackctl(place: Place): Promise<System> {
  const project = {id: place.sandbox.id, name: `${place.sandbox.id}s`}
  const where: Where = {cwd: path.join(place.cwd, 'stackctl'), env: place.env}
  const deploy = [...STACKCTL, 'deploy', '--yes']
  const change = async (state: AppState): Promise<Run> => {
    await writeCompose(where.cwd, project, state)
    return run(deploy, where)
  }
  const help = await run([...STACKCTL, 'scale', '--help'], place)
  return {
    name: 'stackctl',
    up: async (state) => {
      await writeCompose(where.cwd, project, state)
      await must(deploy, where)
      return `${project.name}_default`
    },
    update: change,
    // A release without the command scales by what the file says.
    scale: help.exitCode === 0 ? (state) => run(scaleCommand(help.output, state.replicas), where) : change,
    again: async () => (await must(deploy, where)).ms,
    down: async () => {
      await must([...STACKCTL, 'down', '--volumes', '--yes'], where)
    },
  }
}

function scaleCommand(help: string, replicas: number): string[] {
  const isPair = /\w+=(\d|\w)/.test(help)
  const isAsking = help.includes('--yes')
  const words = isPair ? [`app=${replicas}`] : ['app', String(replicas)]
  return [...STACKCTL, 'scale', ...words, ...(isAsking ? ['--yes'] : [])]
}
