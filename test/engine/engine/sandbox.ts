/** A corner of the real engine for one test file: everything in it carries a label and goes away with it. */
import {randomBytes} from 'node:crypto'
import {afterAll, beforeAll} from 'vitest'

import type {ContainerBody, Engine} from '../../../src/lib/engine/engine.js'

import {connectEngine} from '../../../src/lib/engine/connect.js'

export const IMAGE = 'debian:trixie-slim'

export interface Sandbox {
  readonly engine: Engine
  readonly id: string
  readonly label: string
  readonly labels: Record<string, string>
  /** A name that nothing else has. */
  name(suffix: string): string
  /** Creates and starts a container that runs a shell script. */
  run(suffix: string, script: string, body?: Partial<ContainerBody>): Promise<string>
}

export function useSandbox(): Sandbox {
  const id = randomBytes(4).toString('hex')
  const label = `dev.stackctl.test=${id}`
  const labels = {'dev.stackctl.test': id}
  const name = (suffix: string) => `stkeng-${id}-${suffix}`
  const box: {engine?: Engine} = {}
  const engine = () => box.engine!
  beforeAll(async () => {
    box.engine = await connectEngine({env: process.env})
  })
  afterAll(() => sweep(engine(), label))
  return {
    get engine() {
      return engine()
    },
    id,
    label,
    labels,
    name,
    async run(suffix, script, body = {}) {
      const full = {Image: IMAGE, Cmd: ['sh', '-c', script], Labels: labels, ...body}
      const container = await engine().createContainer(name(suffix), full)
      await engine().startContainer(container)
      return container
    },
  }
}

async function sweep(engine: Engine, label: string): Promise<void> {
  const containers = await engine.listContainers([label])
  await Promise.all(containers.map(({id}) => engine.removeContainer(id, {force: true})))
  for (const {id} of await engine.listNetworks([label])) await engine.removeNetwork(id)
  for (const {name} of await engine.listVolumes([label])) await engine.removeVolume(name)
  for (const {id, tags} of await engine.listImages([label])) {
    for (const reference of tags.length > 0 ? tags : [id]) await engine.removeImage(reference)
  }
}

/** Waits for a condition; the engine's own state needs a moment to follow. */
export async function eventually<T>(read: () => Promise<T | undefined>, timeoutMs = 10_000): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (value !== undefined) return value
    if (Date.now() > deadline) throw new Error(`nothing after ${timeoutMs} ms`)
    await new Promise((resolve) => {
      setTimeout(resolve, 25)
    })
  }
}

/** The error that a promise is rejected with; a promise that holds is a failed test. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<Error & {code?: string; facts?: Record<string, unknown>; suggestions?: string[]}> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }

  throw new Error('expected a failure, but it succeeded')
}

export const FOREVER = 'trap "exit 0" TERM; while :; do sleep 0.05; done'
