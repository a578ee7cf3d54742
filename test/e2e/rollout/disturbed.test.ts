import {execFile} from 'node:child_process'
import {createServer} from 'node:net'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {Release} from './app.js'

import {freePort} from '../../support/free-port.js'
import {NODE_IMAGE} from '../../support/sandbox.js'
import {errorOf, patient, play, textOf} from './scenario.js'
import {openStage, type Run, type Running, type Stage} from './stage.js'

const run = promisify(execFile)
const docker = async (...argv: string[]): Promise<string> => (await run('docker', argv)).stdout.trim()
const allAtOnce = {updateConfig: {parallelism: 0}}

let stage: Stage
let current: Release = {version: '1'}
let count = 1

beforeAll(async () => {
  stage = await openStage('disturb', current)
})

afterAll(async () => stage?.close())

/** Every case brings something new, so that a refusal that came too late would be seen. */
function next(more: Partial<Release> = {}): Release {
  count += 1
  return {version: String(count), ...allAtOnce, ...more}
}

const untouched = {exit: 3, serves: 'old', ledger: undefined, withinMs: 8000} as const
const interrupted = {exit: 130, serves: 'old', ledger: 'interrupted'} as const

describe('under load, what is in the way is named and nothing happens:', () => {
  it('a host port that a process has', async () => {
    const port = await freePort()
    const holder = createServer().listen(port, '0.0.0.0')
    const extra = {image: NODE_IMAGE, init: true, command: ['sleep', 'infinity'], ports: [`${port}:80`]}
    const release = next({others: {extra}})
    await play(
      stage,
      {...untouched, name: 'port taken', release, says: new RegExp(`port ${port} .* is taken`)},
      current,
    )
    holder.close()
  })

  it("a container of somebody else that has a replica's name", async () => {
    const release = next()
    const number = (await stage.ledger()).at(-1)!.release + 1
    const body = {Image: NODE_IMAGE, Cmd: ['sleep', 'infinity'], HostConfig: {Init: true}}
    const foreign = await stage.project.sandbox.container(`app-r${number}-1`, {...body, network: 'none'})
    await play(
      stage,
      {...untouched, name: 'name taken', release, says: new RegExp(`name ${foreign} is taken`)},
      current,
    )
    const facts = await stage.project.sandbox.engine.inspectContainer(foreign)
    expect(facts?.State.Running).toBe(true)
    await stage.project.sandbox.engine.removeContainer(foreign, {force: true})
  })
})

describe('under load', () => {
  it('of two CLIs at once one deploys, and the other is told who does', async () => {
    const release = next()
    const secondCli = async (_: Stage, cli: Running): Promise<void> => {
      await cli.began('gate')
      const second = await stage.run('deploy')
      expect(second.exitCode, textOf(second)).toBe(5)
      expect(errorOf(second)?.message).toContain('deploy')
    }

    const deployed = {exit: 0, serves: 'new', ledger: 'deployed', withinMs: 35_000} as const
    await play(stage, {...deployed, name: 'two CLIs at once', release, disturb: secondCli}, current)
    current = release
  })

  it('SIGINT while a replica is checked takes everything back: exit 130', async () => {
    const interrupt = async (_: Stage, cli: Running): Promise<void> => {
      await cli.began('gate')
      cli.signal('SIGINT')
    }

    const release = next({mode: 'never-healthy', xStackctl: {gate: {timeout: '30s'}}})
    const scenario = {...interrupted, name: 'SIGINT at the gate', release, disturb: interrupt, withinMs: 10_000}
    await play(stage, scenario, current)
  })

  it('SIGINT while the old replicas are drained publishes them again: exit 130', async () => {
    const interrupt = async (_: Stage, cli: Running): Promise<void> => {
      await cli.began('unpublish', 2)
      cli.signal('SIGINT')
    }

    const release = next()
    const scenario = {...interrupted, name: 'SIGINT in the drain', release, disturb: interrupt, withinMs: 30_000}
    await play(stage, scenario, current)
  })
})

/** How long clients may notice that the router died: the engine restarts it, HAProxy reads its file. */
const ROUTER_BACK_WITHIN_MS = 10_000

describe('when the router dies during a rollout', () => {
  it.each(['gate', 'unpublish'])(
    '(in step %s) the engine restarts it with what it served, and the deploy goes on',
    async (phase) => {
      const release = next()
      await stage.write(release)
      const fromMs = Date.now()
      const cli = stage.start('deploy')
      await cli.began(phase)
      await killRouterWorker()
      const killedMs = Date.now()
      const deployed = await cli.result
      await expectOutage({fromMs, startMs: killedMs - 1000, endMs: killedMs + patient(ROUTER_BACK_WITHIN_MS)})
      await expectDeployed(deployed, release)
    },
  )

  it('and stays away, the CLI says so in time, and the next deploy brings it back', async () => {
    const release = next()
    await stage.write(release)
    const fromMs = Date.now()
    const cli = stage.start('deploy')
    await cli.began('gate')
    await docker('rm', '--force', `${stage.project.id}-stackctl-router`)
    const removedMs = Date.now()
    const deployed = await cli.result
    expect([4, 6, 7], textOf(deployed)).toContain(deployed.exitCode)
    expect(deployed.endMs - removedMs, textOf(deployed)).toBeLessThan(60_000)
    await expectMadeGood(release, {fromMs, brokenMs: removedMs})
  })
})

describe('when the network of the stack is removed during a rollout', () => {
  it('the CLI says so in time, and the next deploy makes it good', async () => {
    const release = next()
    await stage.write(release)
    const fromMs = Date.now()
    const cli = stage.start('deploy')
    await cli.began('gate')
    await removeNetwork(`${stage.project.id}_default`)
    const removedMs = Date.now()
    const deployed = await cli.result
    expect([4, 6, 7], textOf(deployed)).toContain(deployed.exitCode)
    expect(deployed.endMs - removedMs, textOf(deployed)).toBeLessThan(60_000)
    await expectMadeGood(release, {fromMs, brokenMs: removedMs})
  })
})

/** The process that serves dies by itself, as it would by a bug; `docker kill` would tell the engine to leave it dead. */
async function killRouterWorker(): Promise<void> {
  const script =
    'for p in /proc/[0-9]*; do [ "${p#/proc/}" != 1 ] && [ "$(cat $p/comm)" = haproxy ] && kill -9 "${p#/proc/}"; done; true'
  // The container ends, and the command in it with it.
  await docker('exec', `${stage.project.id}-stackctl-router`, 'sh', '-c', script).catch(() => {})
}

async function removeNetwork(name: string): Promise<void> {
  const ids = await docker('network', 'inspect', name, '--format', '{{range $id, $_ := .Containers}}{{$id}} {{end}}')
  for (const id of ids.split(' ').filter(Boolean)) await docker('network', 'disconnect', '--force', name, id)
  await docker('network', 'rm', name)
}

/** The next deploy succeeds, and from then on no request fails. */
async function expectMadeGood(release: Release, when: {fromMs: number; brokenMs: number}): Promise<void> {
  const again = await stage.run('deploy')
  expect(again.exitCode, `${textOf(again)}\n${again.stdout}`).toBe(0)
  const servesMs = Date.now()
  await expectOutage({fromMs: when.fromMs, startMs: when.brokenMs - 5000, endMs: servesMs})
  await expectDeployed(again, release)
}

async function expectDeployed(deployed: Run, release: Release): Promise<void> {
  expect(deployed.exitCode, `${textOf(deployed)}\n${deployed.stdout}`).toBe(0)
  await stage.expectSettled({version: release.version})
  expect((await stage.ledger()).at(-1)).toMatchObject({result: 'deployed', stable: true})
  current = release
}

/** Clients notice nothing before and nothing after. */
async function expectOutage(times: {fromMs: number; startMs: number; endMs: number}): Promise<void> {
  await stage.load.after(100)
  const {failures, ok} = stage.load.between(times.fromMs)
  console.log(`outage: ${failures.length} of ${ok + failures.length} requests failed`)
  // A request that was sent in the outage may take its whole time to fail.
  const outside = failures.filter(({atMs, startedMs}) => atMs < times.startMs || startedMs > times.endMs)
  expect(outside.map(({atMs, kind}) => `${kind} +${atMs - times.startMs}`)).toEqual([])
}
