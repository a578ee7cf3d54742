/** One stack on the real engine, its load, and everything that a scenario looks at. */
import {expect} from 'vitest'

import type {StackEvent} from '../../../src/lib/events.js'
import type {ReleaseRecord} from '../../../src/lib/release/record.js'
import type {StackStatus} from '../../../src/lib/workflow/status.js'

import {Ledger} from '../../../src/lib/release/ledger.js'
import {openProject, type Project} from '../../engine/deploy/project.js'
import {type CliRun, type RunningCli, startCli} from '../../support/cli.js'
import {freePort} from '../../support/free-port.js'
import {filesOf, LOCAL, type Release, REPLICAS, stackOf} from './app.js'
import {type Edge, EdgeLoad} from './load.js'

export type TimedEvent = StackEvent & {readonly atMs: number}

/** A run of the CLI with what it reported and when. */
export interface Run extends CliRun {
  readonly events: readonly TimedEvent[]
  readonly startMs: number
  readonly endMs: number
}

export interface Running extends Omit<RunningCli, 'result'> {
  /** Resolves when the n-th step of this kind has begun. */
  readonly began: (phase: string, count?: number) => Promise<void>
  readonly result: Promise<Run>
}

export interface Container {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly service: string | undefined
  readonly release: string | undefined
  /** `router`, `state`, `lock`, … of stackctl's own. */
  readonly role: string | undefined
}

/** What the app found in its environment and its files; null where there is no such file. */
export interface Given {
  readonly env: Readonly<Record<string, string>>
  readonly settings: string | null
  readonly token: string | null
  /** What the migration wrote. */
  readonly runs: string | null
}

export class Stage {
  readonly project: Project
  readonly edge: Edge
  #load: EdgeLoad | undefined

  constructor(project: Project, edge: Edge) {
    this.project = project
    this.edge = edge
  }

  get load(): EdgeLoad {
    if (this.#load === undefined) throw new Error('the load has not started')
    return this.#load
  }

  /** The load begins; resolves when it succeeds. */
  async startLoad(): Promise<void> {
    this.#load = new EdgeLoad(this.edge)
    await this.#load.after(100)
  }

  async write(release: Release): Promise<void> {
    const stack = stackOf(release, this.edge) as {services: Record<string, Record<string, unknown>>}
    await this.project.write(stack, filesOf(release))
  }

  /** Writes the release and deploys it. */
  async deploy(release: Release, ...args: string[]): Promise<Run> {
    await this.write(release)
    return this.start('deploy', ...args).result
  }

  /** The same, and it has to succeed. */
  async deployed(release: Release, ...args: string[]): Promise<Run> {
    return succeeded(await this.deploy(release, ...args))
  }

  async run(...args: string[]): Promise<Run> {
    return this.start(...args).result
  }

  /** Starts a command whose progress is read. */
  start(...args: string[]): Running {
    const startMs = Date.now()
    const cli = startCli([...args, '--progress', 'json', '--json'], {cwd: this.project.directory})
    return {
      ...cli,
      began: async (phase, count = 1) => cli.said(hasBegun(count, phase)),
      result: cli.result.then((run) => ({...run, events: eventsIn(run.stderr), startMs, endMs: Date.now()})),
    }
  }

  async status(): Promise<StackStatus> {
    const run = await this.project.cli('status', '--json')
    return JSON.parse(run.stdout) as StackStatus
  }

  /** Every container of the project, stackctl's own as well. */
  async containers(): Promise<Container[]> {
    const {engine, id: project} = this.project.sandbox
    const lists = await Promise.all(
      [`com.docker.compose.project=${project}`, `dev.stackctl.project=${project}`].map((label) =>
        engine.listContainers([label]),
      ),
    )
    const byId = new Map(lists.flat().map((container) => [container.id, container]))
    return [...byId.values()]
      .map(({id, labels, name, state}) => ({
        id,
        name,
        state,
        service: labels['com.docker.compose.service'],
        release: labels['dev.stackctl.release'],
        role: labels['dev.stackctl.role'],
      }))
      .toSorted((left, right) => left.name.localeCompare(right.name))
  }

  async replicas(): Promise<Container[]> {
    return (await this.containers()).filter(({service}) => service === 'app')
  }

  /** Networks and volumes of the project. */
  async resources(): Promise<string[]> {
    const {engine, id: project} = this.project.sandbox
    const found = await Promise.all(
      [`com.docker.compose.project=${project}`, `dev.stackctl.project=${project}`].flatMap((label) => [
        engine.listNetworks([label]),
        engine.listVolumes([label]),
      ]),
    )
    return [...new Set(found.flat().map(({name}) => name))].toSorted()
  }

  /** Every release that the ledger keeps, the oldest first. */
  async ledger(): Promise<readonly ReleaseRecord[]> {
    return new Ledger(this.project.sandbox.engine, this.project.id).list()
  }

  /** What a replica that serves was given. */
  async given(): Promise<Given> {
    const response = await fetch(`http://${this.edge.host}:${this.edge.port}/env`)
    return (await response.json()) as Given
  }

  /**
   * Exactly so many replicas of one release run and are published, and nothing else of the project is left: no other
   * replica, no lock, no second router.
   */
  async expectSettled(wanted: {version: string; replicas?: number}): Promise<void> {
    const {replicas = REPLICAS, version} = wanted
    const containers = await this.containers()
    const names = containers.map(({name, state}) => `${name} ${state}`).join(', ')
    const app = containers.filter(({service}) => service === 'app')
    expect(
      app.map(({state}) => state),
      names,
    ).toEqual(Array.from({length: replicas}, () => 'running'))
    expect(new Set(app.map(({release}) => release)).size, names).toBe(1)
    const others = containers.filter(({service}) => service !== 'app').map(({role, service}) => role ?? service)
    expect(
      others.filter((kind) => kind !== 'state' && kind !== 'migrate'),
      names,
    ).toEqual(['router'])
    const service = (await this.status()).services.find((candidate) => candidate.service === 'app')
    expect(
      service?.containers.map(({serving}) => serving),
      names,
    ).toEqual(app.map(() => true))
    const versions = await Promise.all(app.map(async ({id}) => this.versionOf(id)))
    expect(new Set(versions), names).toEqual(new Set([version]))
  }

  async versionOf(container: string): Promise<string | undefined> {
    const facts = await this.project.sandbox.engine.inspectContainer(container)
    const env = (facts?.Config as {Env?: string[]} | undefined)?.Env ?? []
    return env.find((entry) => entry.startsWith('VERSION='))?.slice('VERSION='.length)
  }

  async close(): Promise<void> {
    await this.#load?.stop()
    await this.project.remove()
  }
}

/** A stack that serves a first release under load. `host`: where the engine's published ports are reached. */
export async function openStage(purpose: string, first: Release, host = LOCAL): Promise<Stage> {
  const stage = new Stage(await openProject(purpose), {host, port: await freePort()})
  try {
    await stage.deployed(first)
    await stage.startLoad()
    return stage
  } catch (error) {
    await stage.close()
    throw error
  }
}

export function succeeded(run: Run): Run {
  if (run.exitCode !== 0) throw new Error(`stackctl ended with ${run.exitCode}:\n${run.stdout}${run.stderr}`)
  return run
}

/** True of an output that reports at least so many steps as begun, of one kind or of any. */
export function hasBegun(count: number, phase?: string): (output: string) => boolean {
  return (output) => {
    const lines = output.split('\n').filter((line) => line.includes('"type":"step-started"'))
    return lines.filter((line) => phase === undefined || line.includes(`"phase":"${phase}"`)).length >= count
  }
}

function eventsIn(stderr: string): TimedEvent[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{"v":1,'))
    .map((line) => JSON.parse(line) as StackEvent & {time: string})
    .map((event) => ({...event, atMs: Date.parse(event.time)}))
}
