import {afterAll, beforeAll, describe, it} from 'vitest'

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

  it('the image of a service is missing', async () => {
    const cwd = await stack.project({
      'compose.yaml': 'name: PROJECT\nservices:\n  app: {image: "stackctl-nowhere/app:9", pull_policy: never}\n',
    })
    await expectRefused(stack, {...image, message: /stackctl-nowhere\/app:9/, remedy: /\S/}, {cwd})
  })
})
