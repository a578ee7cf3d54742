import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {UnhealthyError} from '../../../src/lib/errors.js'
import {watchReplica} from '../../../src/lib/gate/watch.js'
import {RouterControl} from '../../../src/lib/router/control.js'
import {ErrorWatch} from '../../../src/lib/router/error-watch.js'
import {startLoad} from '../../support/load.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'
import {appBackend, makeRouter} from './sandboxed-router.js'

/** Answers with the status that it was started with; SIGUSR2 makes it 500, SIGHUP ends its listening and nothing else. */
const APP = `import http from 'node:http'
let status = Number(process.env.STATUS)
const server = http.createServer((request, response) => {
  response.statusCode = status
  request.resume().on('end', () => response.end('x'))
}).listen(3000)
process.on('SIGUSR2', () => { status = 500 })
process.on('SIGHUP', () => { server.close(); server.closeAllConnections(); setInterval(() => {}, 1e6) })
process.on('SIGTERM', () => process.exit(0))`

describe('new replicas beside an old one, under load', () => {
  let sandbox: Sandbox
  let control: RouterControl
  let network: string

  const replica = async (name: string, status: number) => {
    const container = await sandbox.node(name, {network, script: APP, env: [`STATUS=${status}`]})
    await control.publish('app', container)
    return {service: 'app', container}
  }

  /** Ends with the reason of the refusal, or empty after `ms` without one. */
  const watched = async (errors: ErrorWatch, name: {service: string; container: string}, ms: number) => {
    const {container} = name
    const verdict = async (): Promise<string | undefined> => errors.verdict(name)
    const signal = AbortSignal.timeout(ms)
    try {
      await watchReplica({engine: sandbox.engine, container, replica: container, signal, errors: verdict})
      return ''
    } catch (error) {
      if (error instanceof UnhealthyError) return error.message
      throw error
    }
  }

  beforeAll(async () => {
    sandbox = await openSandbox('errors')
    network = await sandbox.network('app')
    const {containerName} = await makeRouter(sandbox, network)
    control = new RouterControl(sandbox.engine, containerName)
    await control.configure([await appBackend(sandbox, network)])
    await replica('old', 200)
  })

  afterAll(async () => sandbox.remove())

  it('one that answers 500 is refused within about a second, one that answers 200 is not', async () => {
    const errors = new ErrorWatch(control)
    const load = await startLoad(sandbox, {url: 'http://app:3000/', connections: 4, slowMs: 500, network})
    await load.warm()
    const good = await replica('good', 200)
    const fine = watched(errors, good, 4000)
    const bad = await replica('bad', 500)
    const started = performance.now()
    const reason = await watched(errors, bad, 10_000)
    const tookMs = performance.now() - started
    await control.unpublish('app', bad.container, {drainTimeoutMs: 2000})
    await load.stop()
    expect(reason).toMatch(/-bad fails \d+ of \d+ requests \(\d+ %, the old replicas 0 %\)$/)
    expect(tookMs).toBeLessThan(2500)
    expect(await fine).toBe('')
  })

  it('one that accepts no connections is refused although every request was answered by another', async () => {
    const errors = new ErrorWatch(control)
    const load = await startLoad(sandbox, {url: 'http://app:3000/', connections: 4, slowMs: 500, network})
    await load.warm()
    const gone = await replica('gone', 200)
    await errors.verdict(gone)
    await sandbox.engine.killContainer(gone.container, 'SIGHUP')
    const reason = await watched(errors, gone, 10_000)
    await load.stop()
    expect(reason).toMatch(/-gone fails \d+ of \d+ requests/)
    await control.unpublish('app', gone.container, {drainTimeoutMs: 2000})
  })

  it('errors that the old ones answer as well are not held against it', async () => {
    const errors = new ErrorWatch(control)
    for (const name of ['old', 'good']) await sandbox.engine.killContainer(`${sandbox.id}-${name}`, 'SIGUSR2')
    const load = await startLoad(sandbox, {url: 'http://app:3000/', connections: 4, slowMs: 500, network})
    const fresh = await replica('fresh', 500)
    expect(await watched(errors, fresh, 3000)).toBe('')
    await load.stop()
  })

  it('the counts of a router that was reloaded begin anew', async () => {
    const errors = new ErrorWatch(control)
    const fresh = {service: 'app', container: `${sandbox.id}-fresh`}
    await errors.verdict(fresh)
    await control.configure([{...(await appBackend(sandbox, network)), slots: 6}])
    expect(await errors.verdict(fresh)).toBeUndefined()
    expect((await control.counters()).servers.reduce((sum, {status5xx}) => sum + status5xx, 0)).toBe(0)
  })

  it('one that exits with 0 is refused, and a watch that is ended in time finds nothing', async () => {
    const {container} = await replica('brief', 200)
    const watch = watched(new ErrorWatch(control), {service: 'app', container}, 20_000)
    await sandbox.engine.killContainer(container, 'SIGTERM')
    expect(await watch).toMatch(/exited with code 0/)
  })
})
