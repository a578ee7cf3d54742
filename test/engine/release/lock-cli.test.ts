import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'

import {lockName} from '../../../src/lib/release/lock-state.js'
import {startCli} from '../../support/cli.js'
import {openProject, type Project, server} from '../deploy/project.js'
import {ELSEWHERE, foreignLock, type Holder, startHolder} from './holder.js'

describe('stackctl lock', () => {
  let project: Project
  let holder: Holder | undefined
  const held = async () => (holder = await startHolder(project.id))
  const lockId = async () => (await project.sandbox.engine.inspectContainer(lockName(project.id)))?.Id
  const json = async (...args: string[]) => JSON.parse((await project.cli(...args, '--json')).stdout) as unknown

  beforeAll(async () => {
    project = await openProject('lockcli')
    await project.write({services: {web: {image: 'stackctl/node:24'}}})
    // The image of locks is there from now on.
    expect(await project.cli('stop')).toMatchObject({exitCode: 0})
  })

  afterEach(async () => {
    await holder?.kill()
    await project.sandbox.engine.removeContainer(lockName(project.id), {force: true})
  })

  afterAll(async () => {
    await project.remove()
  })

  it('says that a stack is free', async () => {
    expect(await project.cli('lock')).toMatchObject({exitCode: 0, stdout: `${project.id}: free\n`})
    expect(await json('lock')).toEqual({
      schema: 'stackctl.lock.v1',
      project: project.id,
      held: false,
      holder: null,
      life: null,
      heartbeatAgeMs: null,
    })
    const release = await project.cli('lock', 'release')
    expect(release).toMatchObject({exitCode: 0, stdout: `${project.id}: nobody holds the lock\n`})
  })

  it('shows who holds it and whether they live', async () => {
    await held()
    const {exitCode, stdout} = await project.cli('lock')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/held by \S+@\S+ \(pid \d+, "hold" since \S+Z\), alive, last sign of life [\d.]+s ago\n$/)
    await holder?.kill()
    expect(await json('lock')).toMatchObject({
      held: true,
      life: 'dead',
      holder: {command: 'hold', pid: expect.any(Number), since: expect.stringMatching(/Z$/)},
      heartbeatAgeMs: expect.any(Number),
    })
    expect(await project.cli('lock', 'release')).toMatchObject({exitCode: 0, stdout: `${project.id}: released\n`})
    expect(await lockId()).toBeUndefined()
  })

  it('leaves the lock of a living holder alone unless it is forced to, and asks then', async () => {
    await held()
    const id = await lockId()
    const refused = await project.cli('lock', 'release')
    expect(refused).toMatchObject({exitCode: 5, stderr: expect.stringContaining('is alive')})
    expect(await project.cli('lock', 'release', '--yes')).toMatchObject({exitCode: 5})
    expect(await project.cli('lock', 'release', '--force')).toMatchObject({exitCode: 9})
    expect(await lockId()).toBe(id)
    expect(await project.cli('lock', 'release', '--force', '--yes')).toMatchObject({exitCode: 0})
    expect(await lockId()).toBeUndefined()
    await holder?.said(/LockLostError: lost the lock of \S+: somebody removed it/)
  })

  it('forces a lock that tells nothing about its holder', async () => {
    await foreignLock(project.sandbox.engine, project.id, ELSEWHERE['on another host'])
    const shown = await project.cli('lock')
    expect(shown.stdout).toMatch(/held by ci@elsewhere .* unknown\n$/)
    expect(await project.cli('lock', 'release')).toMatchObject({exitCode: 5})
    expect(await project.cli('lock', 'release', '--force', '--yes')).toMatchObject({exitCode: 0})
  })
})

describe('--wait-lock', () => {
  let project: Project
  let holder: Holder | undefined

  beforeAll(async () => {
    project = await openProject('waitlock')
    await project.write({services: {web: {image: 'stackctl/node:24'}}})
  })

  afterEach(async () => {
    await holder?.kill()
  })

  afterAll(async () => {
    await project.remove()
  })

  const waiting = async (duration: string) => {
    holder = await startHolder(project.id)
    return startCli(['stop', '--wait-lock', duration], {cwd: project.directory})
  }

  it('takes the lock once it is free', async () => {
    const cli = await waiting('60s')
    await cli.said(/waiting for \S+ \(pid \d+, "hold"/)
    await holder?.kill()
    expect(await cli.result).toMatchObject({exitCode: 0})
  })

  it('gives up with exit 5 after that time, and at once without the flag', async () => {
    const {exitCode, stderr} = await (await waiting('1.5s')).result
    expect(exitCode).toBe(5)
    expect(stderr).toMatch(/is being changed by .* and still is after 1\.5s/)
    expect(stderr.match(/waiting for/g)).toHaveLength(1)
    const run = await project.cli('stop')
    expect(run).toMatchObject({exitCode: 5, stderr: expect.stringContaining('--wait-lock 5m')})
    expect(run.stderr).not.toContain('waiting for')
  })

  it('finds nothing to do when the run that it waited for did it all', async () => {
    await project.write({services: {web: server('1')}})
    const runs = await Promise.all([1, 2].map(() => project.cli('deploy', '--wait-lock', '100s')))
    const said = runs.map(({stdout}) => stdout.split(' (')[0]).toSorted()
    expect(said).toEqual([
      `${project.id}: nothing to do, release 1 is what the files say`,
      `${project.id}: release 1 serves, 1 of 1 services changed`,
    ])
    expect(runs.map(({exitCode}) => exitCode)).toEqual([0, 0])
    expect(await project.replicas('web')).toHaveLength(1)
  })

  it('ends with 130 on Ctrl-C', async () => {
    const cli = await waiting('60s')
    await cli.said('waiting for')
    cli.signal('SIGINT')
    expect(await cli.result).toMatchObject({exitCode: 130})
  })

  it.each(['deploy', 'migrate', 'start', 'stop', 'down', 'restart'])(
    'is refused by %s when it is no duration',
    async (command) => {
      const service = command === 'restart' ? ['web'] : []
      const {exitCode, stderr} = await project.cli(command, ...service, '--wait-lock', '5')
      expect(exitCode).toBe(2)
      expect(stderr).toContain('"5" is no duration: write 90s, 5m or 1h')
    },
  )
})
