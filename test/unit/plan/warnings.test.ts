import {describe, expect, it} from 'vitest'

import type {ImageTraits} from '../../../src/lib/plan/desired.js'

import {serviceWarnings} from '../../../src/lib/plan/warnings.js'
import {planFor, stackOf} from './situation.js'

const IMAGE: ImageTraits = {
  os: 'linux',
  architecture: 'amd64',
  hasHealthcheck: false,
  entrypoint: [],
  command: ['node', 'server.js'],
  stopSignal: undefined,
}

/** The codes and messages about a service, given what it and its image say. */
async function warningsOf(yaml: string, traits: 'absent' | Partial<ImageTraits> = {}): Promise<string[]> {
  const stack = await stackOf(`services: {app: {image: app, ${yaml}}}`)
  const [service] = stack.services
  if (service === undefined) throw new Error('no service')
  const image = {
    reference: 'app',
    state: 'present' as const,
    identity: 'sha256:1',
    because: '',
    needs: [],
    ...(traits !== 'absent' && {traits: {...IMAGE, ...traits}}),
  }
  return serviceWarnings({service, image}).map(({code, message}) => `${code} ${message}`)
}

const ROUTED = 'x-stackctl: {route: {port: 80}}'
const TEST = 'healthcheck: {test: [CMD, "true"]}'

describe('a missing health check', () => {
  it('is told once for a routed and for a replicated service, with what stands in for it', async () => {
    expect(await warningsOf(ROUTED)).toEqual([
      'W_NO_HEALTHCHECK service app has no health check: a new replica counts as ready as soon as it accepts connections; give it a healthcheck',
    ])
    expect(await warningsOf('deploy: {replicas: 2}')).toEqual([expect.stringContaining('as long as it keeps running')])
  })

  it('is told when the file switches it off', async () => {
    expect(await warningsOf(`${ROUTED}, healthcheck: {disable: true}`, {hasHealthcheck: true})).toHaveLength(1)
  })

  it.each([
    ['the file has one', `${ROUTED}, ${TEST}`, {}],
    ['the image has one', ROUTED, {hasHealthcheck: true}],
    ['the file only tunes that of the image', `${ROUTED}, healthcheck: {interval: 2s}`, {hasHealthcheck: true}],
    ['the image is not there yet', ROUTED, 'absent'],
    ['the service is alone and not routed', 'restart: always', {}],
    ['it is a job', 'deploy: {replicas: 2}, x-stackctl: {job: pre-deploy}', {}],
  ] as const)('is no matter when %s', async (_, yaml, traits) => {
    expect(await warningsOf(yaml, traits)).toEqual([])
  })
})

describe('a stop that loses something', () => {
  it.each([
    ['a shell of the file', 'command: [sh, -c, "node server.js"]', {}],
    ['a shell of the image', '', {command: ['/bin/sh', '-c', 'node server.js']}],
    ['a shell as entrypoint', 'entrypoint: [/bin/bash, -ec, "prepare && node server.js"]', {}],
  ] as const)('is told for %s that swallows the signal', async (_, yaml, traits) => {
    expect(await warningsOf(yaml, traits)).toEqual([
      expect.stringMatching(/^W_STOP_SIGNAL service app runs in a shell \(sh -c\).* write exec .*init: true$/),
    ])
  })

  it.each([
    ['exec', 'command: [sh, -c, "prepare && exec node server.js"]', {}],
    ['trap', 'command: [sh, -c, "trap stop TERM; node server.js"]', {}],
    ['init', 'init: true, command: [sh, -c, "node server.js"]', {}],
    ['a script', 'command: [sh, /start.sh]', {}],
    ['an entrypoint before it', 'entrypoint: [tini, --], command: [sh, -c, "node server.js"]', {}],
    [
      "an entrypoint of the file, which puts the image's command out of force",
      'entrypoint: [node]',
      {command: ['sh', '-c', 'x']},
    ],
  ] as const)('is no matter with %s', async (_, yaml, traits) => {
    expect(await warningsOf(yaml, traits)).toEqual([])
  })

  it('is told for SIGKILL and for no grace at all, one line each', async () => {
    expect(await warningsOf('stop_signal: SIGKILL, stop_grace_period: 0s')).toEqual([
      expect.stringContaining('stops by SIGKILL'),
      expect.stringContaining('stop_grace_period of 0'),
    ])
    expect(await warningsOf('', {stopSignal: '9'})).toEqual([expect.stringContaining('stops by 9')])
    expect(await warningsOf('stop_signal: SIGINT', {stopSignal: 'SIGKILL'})).toEqual([])
  })
})

describe('the warnings of a plan', () => {
  it('are about what changes, and nobody is told again about what stays', async () => {
    const stack = await stackOf('services: {app: {image: app, stop_signal: SIGKILL}}')
    expect(planFor({stack}).warnings.map(({code}) => code)).toEqual(['W_STOP_SIGNAL'])
    const running = {service: 'app', configHash: 'hash-app'}
    expect(planFor({stack, containers: [running]}).warnings).toEqual([])
  })
})

describe('the image of the router', () => {
  it('is there before anything is touched', async () => {
    const stack = await stackOf(`services: {app: {image: app, ${ROUTED}}}`)
    const {steps} = planFor({stack, routerImage: 'missing'})
    const first = steps.filter((step) => step.needs.length === 0).map((step) => step.id)
    expect(first).toEqual(['router/image'])
  })
})
