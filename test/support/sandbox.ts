/**
 * A corner of the real engine for one test: everything made in it carries a label and is removed by that label,
 * also when an earlier run died. Nothing is ever pruned globally.
 */
import {randomBytes} from 'node:crypto'
import {rmSync} from 'node:fs'
import {mkdir, mkdtemp, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

import type {ContainerBody, Engine} from '../../src/lib/engine/engine.js'

import {connectEngine} from '../../src/lib/engine/connect.js'
import {removeKeepTags} from '../../src/lib/release/keep-tags.js'

export const NODE_IMAGE = 'stackctl/node:24'

export class Sandbox {
  readonly engine: Engine
  /** Unique prefix of every name; also the compose project where one is needed. */
  readonly id: string
  readonly label: string
  readonly directory: string

  constructor(engine: Engine, id: string, directory: string) {
    this.engine = engine
    this.id = id
    this.label = `dev.stackctl.test=${id}`
    this.directory = directory
  }

  /** Labels to put on what is made by hand. */
  get labels(): Record<string, string> {
    return {'dev.stackctl.test': this.id}
  }

  async network(name: string, options: {internal?: boolean} = {}): Promise<string> {
    const full = `${this.id}_${name}`
    await this.engine.createNetwork(full, {
      Labels: this.labels,
      Internal: options.internal ?? false,
      CheckDuplicate: true,
    })
    return full
  }

  /** Creates and starts a container on a network of the sandbox. */
  async container(name: string, body: ContainerBody & {network: string}): Promise<string> {
    const {network, ...rest} = body
    const full = `${this.id}-${name}`
    const id = await this.engine.createContainer(full, {
      ...rest,
      Labels: {...rest.Labels, ...this.labels},
      HostConfig: {...rest.HostConfig, NetworkMode: network},
    })
    await this.engine.startContainer(id)
    return full
  }

  /** A Node program in a container. */
  async node(name: string, options: {network: string; script: string; env?: string[]}): Promise<string> {
    return this.container(name, {
      network: options.network,
      Image: NODE_IMAGE,
      Cmd: ['node', '--input-type=module', '-e', options.script],
      Env: options.env ?? [],
    })
  }

  /** Writes files below the sandbox's own folder and answers the folder. */
  async files(files: Record<string, string>): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.directory, name)
      await mkdir(path.dirname(file), {recursive: true})
      await writeFile(file, content)
    }

    return this.directory
  }

  /** Removes everything that carries the sandbox's label or belongs to its project. */
  async remove(): Promise<void> {
    const labels = [this.label, `com.docker.compose.project=${this.id}`, `dev.stackctl.project=${this.id}`]
    for (const label of labels) {
      const containers = await this.engine.listContainers([label])
      await Promise.all(containers.map((container) => this.engine.removeContainer(container.id, {force: true})))
    }

    for (const label of labels) {
      for (const network of await this.engine.listNetworks([label])) await this.engine.removeNetwork(network.id)
      for (const volume of await this.engine.listVolumes([label])) await this.engine.removeVolume(volume.name)
    }

    await removeKeepTags(this.engine, this.id)
    await this.#removeImages(`com.docker.compose.project=${this.id}`)
    rmSync(this.directory, {recursive: true, force: true})
  }

  /** Images that were built for the sandbox's project, those of earlier builds too. */
  async #removeImages(label: string): Promise<void> {
    for (const image of await this.engine.listImages([label])) {
      const names = image.tags.length > 0 ? image.tags : [image.id]
      for (const name of names) await this.engine.removeImage(name)
    }
  }
}

/** Opens a sandbox on the engine that the environment names. */
export async function openSandbox(purpose: string): Promise<Sandbox> {
  const engine = await connectEngine({env: process.env})
  const id = `stk${purpose}${randomBytes(3).toString('hex')}`
  return new Sandbox(engine, id, await mkdtemp(path.join(tmpdir(), `${id}-`)))
}
