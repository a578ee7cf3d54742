import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {Release} from './app.js'

import {openProject} from '../../engine/deploy/project.js'
import {freePort} from '../../support/free-port.js'
import {patient, textOf} from './scenario.js'
import {Stage} from './stage.js'

const run = promisify(execFile)
/** docker compose gives the host port to the container itself, so there can be one only. */
const RELEASE: Release = {version: '1', replicas: 1, settings: 'as compose mounted it\n'}
/** The host port moves from the container to the router: for that long nobody listens. */
const HAND_OVER_MS = 3000

let stage: Stage

beforeAll(async () => {
  stage = new Stage(await openProject('adopt'), {host: '127.0.0.1', port: await freePort()})
  await stage.write(RELEASE)
  await run('docker', ['compose', 'up', '--detach', '--wait'], {cwd: stage.project.directory})
  await stage.startLoad()
})

afterAll(async () => stage?.close())

describe('a project that docker compose started', () => {
  it('is adopted by its first deploy: clients miss no more than the moment at which the host port changes hands', async () => {
    const [compose] = await stage.replicas()
    const fromMs = Date.now()
    const deployed = await stage.run('deploy')
    await stage.load.after(100)
    const {failures, gapMs, ok} = stage.load.between(fromMs)
    console.log(`adopted: ${failures.length} of ${ok + failures.length} requests failed, longest gap ${gapMs} ms`)
    expect(deployed.exitCode, textOf(deployed)).toBe(0)
    await stage.expectSettled({version: '1', replicas: 1})
    expect(await stage.replicas()).not.toContainEqual(compose)
    expect(gapMs, textOf(deployed)).toBeLessThan(patient(HAND_OVER_MS))
    const times = failures.map(({atMs}) => atMs)
    if (times.length > 0) expect(Math.max(...times) - Math.min(...times)).toBeLessThan(patient(HAND_OVER_MS))
    expect((await stage.ledger()).map(({result}) => result)).toEqual(['deployed'])
  })

  it('is from then on updated without a failed request', async () => {
    const fromMs = Date.now()
    const next = {...RELEASE, version: '2'}
    await stage.deployed(next)
    await stage.load.after(100)
    expect(stage.load.between(fromMs).failures).toEqual([])
    await stage.expectSettled({version: '2', replicas: 1})
  })
})
