import {describe, expect, it} from 'vitest'

import type {Check} from '../../../src/lib/doctor/check.js'
import type {DoctorFacts, PortFacts, StackFacts} from '../../../src/lib/doctor/facts.js'
import type {EngineInfo} from '../../../src/lib/engine/engine.js'

import {judgeHost} from '../../../src/lib/doctor/judge-host.js'
import {judgeStack} from '../../../src/lib/doctor/judge-stack.js'
import {formatChecks} from '../../../src/lib/doctor/report.js'
import {formatBytes} from '../../../src/lib/doctor/size.js'

const info: EngineInfo = {
  version: '28.0.0',
  apiVersion: '1.48',
  os: 'linux',
  architecture: 'amd64',
  name: 'host',
  dataRoot: '/var/lib/docker',
  storageDriver: 'overlay2',
  liveRestore: true,
  time: new Date(0),
}
type Loaded = Extract<StackFacts, {isLoaded: true}>
const stack: Loaded = {
  isLoaded: true,
  project: 'shop-production',
  environment: 'production',
  ports: [],
  images: [],
  bakes: [],
  limits: {cpus: 1, memoryBytes: 1e9, unlimited: []},
  secrets: [],
  areSecretsStrict: true,
}
const used = {images: 1e9, volumes: 2e9, buildCache: 0}
const ready: DoctorFacts = {
  nodeVersion: '24.1.0',
  engine: {answers: true, address: 'unix:///var/run/docker.sock', info, clockAheadMs: 40},
  composeVersion: '2.26.1',
  buildxVersion: '0.13.1',
  capacity: {cpus: 4, memoryBytes: 8e9},
  disk: {free: {freeBytes: 50e9, totalBytes: 100e9}, usedBytes: used},
  stack,
}

function judge(changes: Partial<DoctorFacts>): Check[] {
  const facts = {...ready, ...changes}
  return [...judgeHost(facts), ...judgeStack(facts)].filter(({verdict}) => verdict !== 'ok')
}

const inStack = (changes: Partial<Loaded>): Check[] => judge({stack: {...stack, ...changes}})
const port = (holder: PortFacts['holder']): PortFacts => ({
  service: 'edge',
  hostIp: '',
  port: 8080,
  protocol: 'tcp',
  holder,
})

describe('the doctor', () => {
  it('finds nothing where everything is ready', () => {
    expect(judge({})).toEqual([])
  })

  it.each<[string, Partial<DoctorFacts>, [id: string, verdict: Check['verdict']]]>([
    ['an old Node', {nodeVersion: '22.9.0'}, ['node', 'problem']],
    ['no docker compose', {composeVersion: undefined}, ['compose', 'problem']],
    ['an old docker compose', {composeVersion: '2.9.4'}, ['compose', 'problem']],
    ['no buildx that nobody needs', {buildxVersion: undefined}, ['buildx', 'info']],
    [
      'no buildx that a build needs',
      {buildxVersion: undefined, stack: {...stack, bakes: [{service: 'web', reason: 'secrets'}]}},
      ['buildx', 'problem'],
    ],
    [
      'an engine that does not answer',
      {engine: {answers: false, message: 'no', suggestions: []}},
      ['engine', 'problem'],
    ],
    [
      'an old API',
      {engine: {answers: true, address: 'x', info: {...info, apiVersion: '1.40'}, clockAheadMs: 0}},
      ['engine', 'problem'],
    ],
    ['a clock ahead', {engine: {answers: true, address: 'x', info, clockAheadMs: 5001}}, ['clock', 'warning']],
    ['a clock behind', {engine: {answers: true, address: 'x', info, clockAheadMs: -5001}}, ['clock', 'warning']],
    [
      'live restore off',
      {engine: {answers: true, address: 'x', info: {...info, liveRestore: false}, clockAheadMs: 0}},
      ['live-restore', 'info'],
    ],
    ['little room', {disk: {free: {freeBytes: 4e9, totalBytes: 100e9}, usedBytes: used}}, ['disk', 'warning']],
    ['no room', {disk: {free: {freeBytes: 5e8, totalBytes: 100e9}, usedBytes: used}}, ['disk', 'problem']],
    ['a disk elsewhere', {disk: {free: undefined, usedBytes: used}}, ['disk', 'info']],
    ['a stack that cannot be read', {stack: {isLoaded: false, message: 'bad', suggestions: []}}, ['stack', 'problem']],
    ['limits above the memory', {capacity: {cpus: 4, memoryBytes: 5e8}}, ['limits', 'warning']],
    ['limits above the CPUs', {capacity: {cpus: 0.5, memoryBytes: 8e9}}, ['limits', 'info']],
  ])('sees %s', (_, changes, finding) => {
    expect(judge(changes).map((check) => [check.id, check.verdict])).toEqual([finding])
  })

  it('compares versions number by number', () => {
    expect(judge({composeVersion: '2.100.0', nodeVersion: '100.0.0'})).toEqual([])
  })

  it.each<[string, PortFacts['holder'], Check['verdict'] | undefined]>([
    ['free', {kind: 'free'}, undefined],
    ['held by this very stack', {kind: 'own', container: 'shop-production-router'}, undefined],
    ['held by another project', {kind: 'container', container: 'other-web-1', project: 'other'}, 'problem'],
    ['held by a process', {kind: 'process'}, 'problem'],
    ['not visible from here', {kind: 'unknown'}, 'info'],
  ])('judges a port that is %s', (_, holder, verdict) => {
    expect(inStack({ports: [port(holder)]})[0]?.verdict).toBe(verdict)
  })

  it('names who holds a port', () => {
    const holder = {kind: 'container', container: 'other-web-1', project: 'other'} as const
    expect(inStack({ports: [port(holder)]})).toMatchObject([
      {subject: 'port 8080/tcp', detail: 'held by container other-web-1 of project other'},
    ])
  })

  it('names an image that is not at the engine, and who needs it', () => {
    const need = {reference: 'debian:trixie-slim', services: ['api', 'web'], use: 'base', isPresent: false} as const
    expect(inStack({images: [need]})).toMatchObject([
      {
        verdict: 'warning',
        subject: 'base image',
        detail: expect.stringContaining('debian:trixie-slim (for api, web)') as string,
      },
    ])
  })

  it('calls a weak secret a problem only where the stack is strict; a missing one always', () => {
    const weak = {secret: 'jwt', problem: 'short', detail: 'shorter than 16 characters', where: 'x'} as const
    const missing = {secret: 'db', problem: 'missing', detail: 'missing', where: 'y'} as const
    const verdicts = (areSecretsStrict: boolean): string[] =>
      inStack({secrets: [weak, missing], areSecretsStrict}).map(({verdict}) => verdict)
    expect(verdicts(true)).toEqual(['problem', 'problem'])
    expect(verdicts(false)).toEqual(['warning', 'problem'])
  })

  it('says what to do about every problem', () => {
    const broken = judge({
      composeVersion: undefined,
      engine: {answers: false, message: 'no', suggestions: []},
      nodeVersion: '1.0.0',
    })
    expect(broken.filter(({advice}) => advice === undefined)).toEqual([])
  })
})

describe('the report', () => {
  const problem: Check = {id: 'disk', verdict: 'problem', subject: 'disk', detail: 'full', advice: 'make room'}

  it('has a line per check, its advice below, and a sum', () => {
    const ok: Check = {id: 'node', verdict: 'ok', subject: 'Node', detail: '24'}
    expect(formatChecks([ok, problem], {colour: false}).split('\n')).toEqual([
      '✓ Node  24',
      '✗ disk  full',
      '        → make room',
      '',
      '1 problem',
    ])
    expect(formatChecks([ok], {colour: false})).toContain('ready: no problem found')
  })

  it('is coloured only when that is wanted', () => {
    expect(formatChecks([problem], {colour: false})).not.toContain('\u001B')
    expect(formatChecks([problem], {colour: true})).toContain('\u001B[31m✗')
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [77_100_000, '77.1 MB'],
    [999_960_000, '1.0 GB'],
    [271e9, '271 GB'],
  ])('writes %i bytes as %s', (sizeBytes, text) => {
    expect(formatBytes(sizeBytes)).toBe(text)
  })
})
