/** A small stack on the real engine, written, deployed and changed as its user would. */
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {stringify} from 'yaml'

import {type CliRun, runCli} from '../../support/cli.js'
import {NODE_IMAGE, openSandbox, type Sandbox} from '../../support/sandbox.js'

const shell = promisify(execFile)

export type ServiceYaml = Readonly<Record<string, unknown>>

export interface StackYaml {
  readonly services: Readonly<Record<string, ServiceYaml>>
  readonly [key: string]: unknown
}

export interface Replica {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly release: string | undefined
}

export class Project {
  readonly sandbox: Sandbox

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox
  }

  get id(): string {
    return this.sandbox.id
  }

  get directory(): string {
    return this.sandbox.directory
  }

  /** Writes compose.yaml, and other files beside it. */
  async write(stack: StackYaml, files: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.sandbox.files({'compose.yaml': stringify({name: this.id, ...stack}), ...files})
  }

  async cli(...args: string[]): Promise<CliRun> {
    return runCli(args, {cwd: this.directory})
  }

  /** Writes the stack and deploys it. */
  async deploy(stack: StackYaml, ...args: string[]): Promise<CliRun> {
    await this.write(stack)
    return this.cli('deploy', ...args)
  }

  /** The same, and it has to succeed. */
  async deployed(stack: StackYaml, ...args: string[]): Promise<CliRun> {
    const run = await this.deploy(stack, ...args)
    if (run.exitCode !== 0) throw new Error(`deploy ended with ${run.exitCode}:\n${run.stdout}${run.stderr}`)
    return run
  }

  /** Containers of a service, or of all, by name. */
  async replicas(service?: string): Promise<Replica[]> {
    const labels = [
      `com.docker.compose.project=${this.id}`,
      ...(service === undefined ? [] : [`com.docker.compose.service=${service}`]),
    ]
    const containers = await this.sandbox.engine.listContainers(labels)
    return containers
      .map(({id, labels: own, name, state}) => ({id, name, state, release: own['dev.stackctl.release']}))
      .toSorted((left, right) => left.name.localeCompare(right.name))
  }

  /** The one container of a service. */
  async only(service: string): Promise<Replica> {
    const [replica, ...others] = await this.replicas(service)
    if (replica === undefined || others.length > 0)
      throw new Error(`${service} has ${others.length + (replica ? 1 : 0)} containers`)
    return replica
  }

  /** Output of a shell command in the one container of a service. */
  async sh(service: string, command: string): Promise<string> {
    const {id} = await this.only(service)
    const {stderr, stdout} = await this.sandbox.engine.exec(id, ['sh', '-c', command])
    return `${stdout}${stderr}`.trim()
  }

  async remove(): Promise<void> {
    await this.cli('down', '--volumes', '--yes')
    await this.sandbox.remove()
    await this.#removeImages()
  }

  /** Those that were built: a build without `image:` is called `<project>-<service>`. */
  async #removeImages(): Promise<void> {
    const names = [`${this.id}-*`, `${this.id}/*`].flatMap((name) => ['--filter', `reference=${name}`])
    const {stdout} = await shell('docker', ['images', '--quiet', ...names])
    const ids = [...new Set(stdout.split('\n').filter(Boolean))]
    if (ids.length > 0) await shell('docker', ['rmi', '--force', ...ids])
  }
}

export async function openProject(purpose: string): Promise<Project> {
  return new Project(await openSandbox(purpose))
}

/** Answers its version over HTTP on port 8000 and is ready once /tmp/ready exists. It ends at once when asked to. */
export const SERVER = [
  "process.on('SIGTERM', () => process.exit(0))",
  "require('http').createServer((request, response) => response.end(process.env.VERSION)).listen(8000, () => require('fs').writeFileSync('/tmp/ready', ''))",
].join(';')

/** A service that runs a piece of JavaScript. */
export function node(script: string, {deploy, ...more}: ServiceYaml = {}): ServiceYaml {
  const command = ['node', '-e', script.replaceAll('$', '$$$$')]
  return {image: NODE_IMAGE, command, stop_grace_period: '2s', deploy: {...UNWATCHED, ...(deploy as object)}, ...more}
}

/** Next to no monitor window: what these tests look at is over before it. docker compose drops `0s`. */
const UNWATCHED = {update_config: {monitor: '1ms'}}

/** A healthy web server of a version. */
export function server(version: string, more: ServiceYaml = {}): ServiceYaml {
  return node(SERVER, {environment: {VERSION: version}, healthcheck: readyCheck(), ...more})
}

/** Cheap to run, so that many may run on a busy machine. */
export function readyCheck(more: ServiceYaml = {}): ServiceYaml {
  return {test: ['CMD', 'test', '-e', '/tmp/ready'], interval: '1s', retries: 30, ...more}
}
