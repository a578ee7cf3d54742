import {afterEach, beforeEach, describe, expect, it} from 'vitest'

import {lockName} from '../../../src/lib/release/lock-state.js'
import {startCli} from '../../support/cli.js'
import {node, openProject, type Project, readyCheck, server, type StackYaml} from './project.js'

const NEVER_READY = "process.on('SIGTERM', () => process.exit(0));setInterval(() => {}, 1000)"

let project: Project

/** `stateful` is stop-first; `last` waits for the others. */
function stack(version: string, last = server(version)): StackYaml {
  return {
    services: {
      web: server(version, {expose: ['8000'], 'x-stackctl': {route: {port: 8000}}}),
      stateful: server(version, {volumes: ['data:/data']}),
      last: {...last, depends_on: {web: {condition: 'service_healthy'}, stateful: {condition: 'service_healthy'}}},
    },
    volumes: {data: {}},
  }
}

async function release(): Promise<{current: number; last: {release: number; result: string}}> {
  const {current, releases} = JSON.parse((await project.cli('releases', '--json')).stdout) as {
    current: number
    releases: {release: number; result: string}[]
  }
  const last = releases.toSorted((a, b) => b.release - a.release)[0]
  return {current, last: {release: last?.release ?? 0, result: last?.result ?? ''}}
}

/** Exactly one running replica of every service, all of one release, published; no lock. */
async function expectAllServe(version: string, releaseNumber: string): Promise<void> {
  const replicas = await project.replicas()
  expect(replicas.map(({release: number, state}) => `${number} ${state}`)).toEqual(
    Array.from({length: 3}, () => `${releaseNumber} running`),
  )
  const status = JSON.parse((await project.cli('status', '--json')).stdout) as {state: string}
  expect(status.state).toBe('up')
  expect(await project.sh('last', 'node -e "fetch(\'http://web:8000\').then(r => r.text()).then(console.log)"')).toBe(
    version,
  )
  expect(await project.sandbox.engine.inspectContainer(lockName(project.id))).toBeUndefined()
}

/** A deploy of version 2 that is killed while its last service is being gated: the others have moved. */
async function killedInTheLastGate(): Promise<void> {
  await project.write(stack('2', node(NEVER_READY, {healthcheck: readyCheck()})))
  const cli = startCli(['deploy'], {cwd: project.directory})
  await cli.said(`check ${project.id}-last-r2-1`)
  cli.signal('SIGKILL')
  await cli.result.catch(() => {})
}

beforeEach(async () => {
  project = await openProject('cut')
  await project.deployed(stack('1'))
})

afterEach(async () => project.remove())

describe('a deploy that was killed', () => {
  it('is followed by a deploy of other files, which leaves nothing of it', async () => {
    await killedInTheLastGate()
    await project.deployed(stack('3'))
    await expectAllServe('3', '3')
    expect((await release()).last).toEqual({release: 3, result: 'deployed'})
  })

  it('is taken back by abort: release 1 serves, nothing of release 2 is left', async () => {
    await killedInTheLastGate()
    expect((await release()).last).toEqual({release: 2, result: 'running'})
    const run = await project.cli('abort')
    expect(run.exitCode, run.stderr).toBe(0)
    expect(run.stdout).toMatch(/release 2 is taken back, release 1 serves/)
    await expectAllServe('1', '1')
    expect(await release()).toEqual({current: 1, last: {release: 2, result: 'aborted'}})
    expect((await project.cli('abort')).stdout).toContain('nothing to do')
  })

  it('cannot be scaled, and is left behind by a rollback to the release that served before it', async () => {
    await killedInTheLastGate()
    const scaled = await project.cli('scale', 'web', '2')
    expect(scaled.exitCode).toBe(3)
    expect(scaled.stderr).toMatch(/release 2 was cut short: there is no one release to scale/)
    const run = await project.cli('rollback')
    expect(run.exitCode, run.stderr).toBe(0)
    await expectAllServe('1', '1')
    expect(await release()).toEqual({current: 3, last: {release: 3, result: 'deployed'}})
  })

  it('is gone on with by the same deploy, under its own number', async () => {
    await project.write(stack('2'))
    const cli = startCli(['deploy'], {cwd: project.directory})
    await cli.said(`✓ publish ${project.id}-web-r2-1`)
    cli.signal('SIGKILL')
    await cli.result.catch(() => {})
    const run = await project.cli('deploy')
    expect(run.exitCode, run.stderr).toBe(0)
    await expectAllServe('2', '2')
    expect(await release()).toEqual({current: 2, last: {release: 2, result: 'deployed'}})
  })

  it('is gone on with by resume, whatever the files say by now', async () => {
    await project.write(stack('2'))
    const cli = startCli(['deploy'], {cwd: project.directory})
    await cli.said(`▸ start ${project.id}-stateful-r2-1`)
    cli.signal('SIGKILL')
    await cli.result.catch(() => {})
    await project.write(stack('3'))
    const run = await project.cli('resume')
    expect(run.exitCode, run.stderr).toBe(0)
    await expectAllServe('2', '2')
  })

  it('and whose successor is refused leaves the release that served before both', async () => {
    await killedInTheLastGate()
    const run = await project.deploy(stack('3', node('process.exit(3)')))
    expect(run.exitCode, run.stderr).toBe(6)
    expect(run.stderr).toContain('release 1 keeps serving')
    await expectAllServe('1', '1')
  })
})
