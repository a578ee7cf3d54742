import {describe, expect, it} from 'vitest'

import {EngineConflictError, EngineError, PreflightError} from '../../../src/lib/errors.js'
import {eventually, failureOf, FOREVER, IMAGE, useSandbox} from './sandbox.js'

describe('containers', () => {
  const box = useSandbox()
  /** A signal that comes before the trap is set would prove nothing. */
  const said = async (word: string, id: string) => {
    for await (const {line} of box.engine.logs(id, {follow: true})) if (line === word) return
  }

  it('lists a container with its name, labels, state and published ports', async () => {
    const id = await box.run('ports', FOREVER, {
      ExposedPorts: {'80/tcp': {}},
      HostConfig: {PortBindings: {'80/tcp': [{HostIp: '127.0.0.1', HostPort: ''}]}},
    })
    const found = await box.engine.listContainers([box.label])
    const mine = found.find((one) => one.id === id)
    expect(mine).toMatchObject({name: box.name('ports'), state: 'running', image: IMAGE, labels: box.labels})
    expect(mine?.ports).toEqual([{hostIp: '127.0.0.1', hostPort: expect.any(Number), port: 80, protocol: 'tcp'}])
    expect(Math.abs(Date.now() - Number(mine?.createdAt))).toBeLessThan(60_000)
  })

  it('lists stopped containers too, and only those that carry every label', async () => {
    const id = await box.engine.createContainer(box.name('created'), {Image: IMAGE, Labels: {...box.labels, tier: 'a'}})
    const ids = async (labels: string[]) => (await box.engine.listContainers(labels)).map((one) => one.id)
    expect(await ids([box.label, 'tier'])).toEqual([id])
    expect(await ids([box.label, 'tier=b'])).toEqual([])
  })

  it('answers undefined for a container that does not exist', async () => {
    expect(await box.engine.inspectContainer(box.name('nobody'))).toBeUndefined()
  })

  it('lets exactly one of six concurrent creates have a name, and tells the others who holds it', async () => {
    const name = box.name('lock')
    const attempts = Array.from({length: 6}, () => box.engine.createContainer(name, {Image: IMAGE, Labels: box.labels}))
    const outcomes = await Promise.allSettled(attempts)
    const winners = outcomes.filter((one) => one.status === 'fulfilled').map((one) => one.value)
    const losers = outcomes.filter((one) => one.status === 'rejected').map((one) => one.reason as EngineConflictError)
    expect(winners).toHaveLength(1)
    expect(losers).toHaveLength(5)
    for (const loser of losers) {
      expect(loser).toBeInstanceOf(EngineConflictError)
      expect(loser.facts).toEqual({holder: winners[0]})
    }
  })

  it('names the port that is taken when a container cannot start', async () => {
    const bind = (port: string) => ({PortBindings: {'80/tcp': [{HostIp: '127.0.0.1', HostPort: port}]}})
    const first = await box.run('port-1', FOREVER, {ExposedPorts: {'80/tcp': {}}, HostConfig: bind('')})
    const taken = await eventually(
      async () => (await box.engine.listContainers([box.label])).find((one) => one.id === first)?.ports[0]?.hostPort,
    )
    const error = await failureOf(
      box.run('port-2', FOREVER, {ExposedPorts: {'80/tcp': {}}, HostConfig: bind(String(taken))}),
    )
    expect(error).toBeInstanceOf(PreflightError)
    expect(error.message).toBe(`cannot start ${box.name('port-2')}: port ${taken} is already allocated`)
    expect(error.facts).toEqual({port: taken})
  })

  it('names a port that a process of the host holds', async () => {
    const {createServer} = await import('node:net')
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => {
      server.once('listening', resolve)
    })
    const {port} = server.address() as {port: number}
    const body = {
      ExposedPorts: {'80/tcp': {}},
      HostConfig: {PortBindings: {'80/tcp': [{HostIp: '127.0.0.1', HostPort: String(port)}]}},
    }
    const error = await failureOf(box.run('port-3', FOREVER, body))
    server.close()
    expect(error).toBeInstanceOf(PreflightError)
    expect(error.message).toContain(`port ${port} is already allocated`)
  })

  it('finds it fine to start what runs, stop what is stopped and remove what is gone', async () => {
    const id = await box.run('twice', FOREVER)
    await box.engine.startContainer(id)
    await box.engine.stopContainer(id)
    await box.engine.stopContainer(id)
    await box.engine.removeContainer(id)
    await box.engine.removeContainer(id)
    expect(await box.engine.inspectContainer(id)).toBeUndefined()
  })

  it("stops with the container's own signal and grace period", async () => {
    const script = 'trap "exit 42" USR1; trap "" TERM; echo ready; while :; do sleep 0.05; done'
    const id = await box.run('grace', script, {StopSignal: 'SIGUSR1', StopTimeout: 30})
    await said('ready', id)
    await box.engine.stopContainer(id)
    expect(await box.engine.waitContainer(id)).toBe(42)
  })

  it('gives the grace period that is asked for, and no more', async () => {
    const id = await box.run('stubborn', 'trap "" TERM; echo ready; while :; do sleep 0.05; done')
    await said('ready', id)
    const started = Date.now()
    await box.engine.stopContainer(id, {graceMs: 900})
    expect(Date.now() - started).toBeGreaterThan(900)
    expect(Date.now() - started).toBeLessThan(8000)
    expect(await box.engine.waitContainer(id)).toBe(137)
  })

  it('waits for the end of a container and answers its exit code', async () => {
    const id = await box.run('wait', 'sleep 0.3; exit 9')
    expect(await box.engine.waitContainer(id)).toBe(9)
    expect(await box.engine.waitContainer(id)).toBe(9)
  })

  it('gives up waiting when it is aborted', async () => {
    const id = await box.run('wait-abort', FOREVER)
    const controller = new AbortController()
    const waiting = failureOf(box.engine.waitContainer(id, controller.signal))
    setTimeout(() => controller.abort(new Error('enough')), 100)
    expect((await waiting).message).toBe('enough')
  })

  it('kills, restarts, renames and changes the restart policy of a container without recreating it', async () => {
    const id = await box.run('change', FOREVER)
    await box.engine.restartContainer(id, {graceMs: 1000})
    await box.engine.renameContainer(id, box.name('changed'))
    await box.engine.setRestartPolicy(id, {Name: 'on-failure', MaximumRetryCount: 3})
    const facts = await box.engine.inspectContainer(box.name('changed'))
    expect(facts?.Id).toBe(id)
    expect(facts?.HostConfig.RestartPolicy).toEqual({Name: 'on-failure', MaximumRetryCount: 3})
    await box.engine.setRestartPolicy(id, {Name: 'no'})
    await box.engine.killContainer(id, 'SIGKILL')
    expect(await box.engine.waitContainer(id)).toBe(137)
  })

  it('refuses to rename to a taken name', async () => {
    await box.engine.createContainer(box.name('taken'), {Image: IMAGE, Labels: box.labels})
    const id = await box.engine.createContainer(box.name('other'), {Image: IMAGE, Labels: box.labels})
    expect(await failureOf(box.engine.renameContainer(id, box.name('taken')))).toBeInstanceOf(EngineConflictError)
  })

  it('says what it could not do, and to whom, on one line', async () => {
    const id = await box.engine.createContainer(box.name('nocmd'), {
      Image: IMAGE,
      Cmd: ['/no/such'],
      Labels: box.labels,
    })
    const error = await failureOf(box.engine.startContainer(id))
    expect(error).toBeInstanceOf(EngineError)
    expect(error.message).toMatch(new RegExp(`^cannot start ${box.name('nocmd')}: .*no such file or directory`))
    expect(error.message).not.toContain('\n')
  })

  it('removes anonymous volumes with their container', async () => {
    const id = await box.run('anonymous', 'true', {Volumes: {'/data': {}}})
    const volume = (await box.engine.inspectContainer(id))?.Mounts[0]?.Name ?? ''
    expect(await box.engine.inspectVolume(volume)).toBeDefined()
    await box.engine.waitContainer(id)
    await box.engine.removeContainer(id)
    expect(await box.engine.inspectVolume(volume)).toBeUndefined()
  })
})
