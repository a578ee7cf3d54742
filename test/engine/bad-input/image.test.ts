import type {Readable} from 'node:stream'

import {pack} from 'tar-stream'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {runCli} from '../../support/cli.js'
import {expectRefused, openServingStack, type ServingStack} from './serving-stack.js'

let stack: ServingStack

beforeAll(async () => {
  stack = await openServingStack('badimg')
})

afterAll(async () => stack.remove())

const image = {args: ['deploy'], exit: 3, code: 'E_IMAGE'}
const BUILT =
  'name: PROJECT\nservices:\n  app: {build: .}\n  new: {image: stackctl/node:24, command: [sleep, infinity], networks: [back], volumes: ["data:/data"]}\nnetworks: {back: {}}\nvolumes: {data: {}}\n'

describe('an image that cannot be had is named with its service and line, and nothing changes', () => {
  it('a step of the build fails: what it printed is shown', async () => {
    const cwd = await stack.project({
      'compose.yaml': BUILT,
      Dockerfile: 'FROM debian:trixie-slim\nRUN echo hello\nRUN echo "no such header" >&2; exit 7\n',
    })
    await expectRefused(
      stack,
      {...image, message: /^service app: Dockerfile:3: RUN .*exit code 7$/, remedy: /\S/},
      {cwd},
    )
  })

  it('the Dockerfile is malformed', async () => {
    const cwd = await stack.project({'compose.yaml': BUILT, Dockerfile: 'FROM debian:trixie-slim\nRUNN true\n'})
    await expectRefused(stack, {...image, message: /^service app: Dockerfile:2: .*RUNN/, remedy: /\S/}, {cwd})
  })

  it('the Dockerfile is missing', async () => {
    const cwd = await stack.project({'compose.yaml': BUILT})
    await expectRefused(
      stack,
      {
        args: ['deploy'],
        exit: 3,
        code: 'E_CONFIG',
        message: /^cannot read the Dockerfile \S+case-\d+\/Dockerfile: no such file$/,
        remedy: /build\.dockerfile/,
      },
      {cwd},
    )
  })

  it('the base image is missing', async () => {
    const cwd = await stack.project({'compose.yaml': BUILT, Dockerfile: 'FROM stackctl-nowhere/base:9\nRUN true\n'})
    await expectRefused(
      stack,
      {...image, message: /^service app: Dockerfile:1: base image stackctl-nowhere\/base:9 is missing/, remedy: /\S/},
      {cwd},
    )
  })

  it('the image of a service is in no registry', async () => {
    const cwd = await stack.project({
      'compose.yaml':
        'name: PROJECT\nservices:\n  app: {image: "stackctl-nowhere/app:9"}\n  new: {image: stackctl/node:24, networks: [back]}\nnetworks: {back: {}}\n',
    })
    const message =
      /^service app: cannot pull stackctl-nowhere\/app:9: the registry (?:denies it|does not have it|cannot be reached)/
    await expectRefused(stack, {...image, message, remedy: /\S/}, {cwd})
  })

  it('the image of a service is for another kind of machine', async () => {
    const {engine, id} = stack.sandbox
    const info = await engine.info()
    const other = info.architecture === 'aarch64' ? 'amd64' : 'arm64'
    const own = info.architecture === 'aarch64' ? 'arm64' : 'amd64'
    const tar = pack()
    tar.entry({name: 'Dockerfile'}, 'FROM scratch\nCOPY Dockerfile /\n')
    tar.finalize()
    await engine.buildImage({
      context: tar as unknown as Readable,
      dockerfile: 'Dockerfile',
      tags: [`${id}-foreign`],
      args: {},
      labels: {'com.docker.compose.project': id},
      platform: `linux/${other}`,
      onProgress: () => {},
    })
    const compose = (more: string): string =>
      `name: PROJECT\nservices:\n  app: {image: "PROJECT-foreign", pull_policy: never, command: [run]${more}}\n`
    const message = `image ${id}-foreign of service app is for linux/${other}, and the engine is linux/${own}`
    const refusal = {...image, message: new RegExp(`^${message}: it cannot run there$`), remedy: /platform: linux/}
    await expectRefused(stack, refusal, {cwd: await stack.project({'compose.yaml': compose('')})})
    const asked = await stack.project({'compose.yaml': compose(`, platform: linux/${other}`)})
    expect((await runCli(['deploy'], {cwd: asked})).stderr).toContain(`${message}: it runs by emulation`)
  })

  it('the image of a service is missing', async () => {
    const cwd = await stack.project({
      'compose.yaml': 'name: PROJECT\nservices:\n  app: {image: "stackctl-nowhere/app:9", pull_policy: never}\n',
    })
    await expectRefused(stack, {...image, message: /stackctl-nowhere\/app:9/, remedy: /\S/}, {cwd})
  })
})
