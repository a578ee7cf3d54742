import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {routerImage} from '../../../src/lib/router/image.js'
import {type NestedEngine, openNestedEngine} from '../../support/nested-engine.js'
import {NODE_IMAGE} from '../../support/sandbox.js'
import {errorOf, textOf} from './scenario.js'
import {openStage, type Stage} from './stage.js'

const OLD = {version: '1'}
const NEW = {
  version: '2',
  mode: 'boots-slowly',
  updateConfig: {parallelism: 0},
  xStackctl: {gate: {timeout: '30s'}},
} as const

let engine: NestedEngine
let stage: Stage

beforeAll(async () => {
  engine = await openNestedEngine([NODE_IMAGE, await routerImage(undefined)])
  // Everything of this file speaks to it: the tests' own engine, the CLI and docker compose.
  process.env.DOCKER_HOST = engine.address
  stage = await openStage('restart', OLD, engine.ip)
})

afterAll(async () => {
  await stage?.close()
  delete process.env.DOCKER_HOST
  await engine?.remove()
})

describe('an engine without live-restore that is restarted during the gate stops everything:', () => {
  it('the CLI ends with an error that says so, and the next deploy brings the stack to what the files say', async () => {
    await stage.write(NEW)
    const cli = stage.start('deploy')
    await cli.began('gate')
    const restarting = engine.restart()
    const run = await cli.result
    await restarting
    expect([4, 6, 7], textOf(run)).toContain(run.exitCode)
    expect(errorOf(run)?.code).not.toBe('E_BUG')
    expect(run.endMs - run.startMs, textOf(run)).toBeLessThan(90_000)

    const again = await stage.run('deploy')
    expect(again.exitCode, `${textOf(again)}\n${again.stdout}`).toBe(0)
    await stage.expectSettled({version: NEW.version})
    const goodMs = Date.now()
    await stage.load.after(200)
    expect(stage.load.between(goodMs).failures).toEqual([])
    expect((await stage.ledger()).at(-1)).toMatchObject({result: 'deployed', stable: true})
  })
})
