import {once} from 'node:events'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {Engine} from '../../../src/lib/engine/engine.js'

import {RouterControl} from '../../../src/lib/router/control.js'
import {RouterShell} from '../../../src/lib/router/shell.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'
import {appBackend, makeRouter} from './sandboxed-router.js'

const TIMEOUT_MS = 10_000
const APP = `import http from 'node:http'
http.createServer((request, response) => response.end()).listen(3000)`

describe('the shell in the router', () => {
  let sandbox: Sandbox
  let network: string
  let router: string

  beforeAll(async () => {
    sandbox = await openSandbox('shell')
    network = await sandbox.network('app')
    router = (await makeRouter(sandbox, network)).containerName
    await sandbox.node('a', {network, script: APP})
  })

  afterAll(async () => {
    await sandbox.remove()
  })

  /** Shells that run in the router, by what /proc says: the image has no ps. */
  const shells = async (): Promise<number> => {
    const script = String.raw`for p in /proc/[0-9]*; do [ "$(tr "\0" " " < $p/cmdline)" = "sh " ] && echo $p; done; true`
    const {stdout} = await sandbox.engine.exec(router, ['sh', '-c', script])
    return stdout.split('\n').filter(Boolean).length
  }

  const awaitShells = async (wanted: number): Promise<void> => {
    await expect.poll(shells, {timeout: 5000}).toBe(wanted)
  }

  /** An engine that counts its calls, and whose lock can be lost. */
  const counted = (): {engine: Engine; calls: string[]; lose: () => void} => {
    const calls: string[] = []
    let isLost = false
    const engine = new Proxy(sandbox.engine, {
      get(target, verb, receiver) {
        if (isLost) throw new Error('the lock was lost')
        const value: unknown = Reflect.get(target, verb, receiver)
        if (typeof value !== 'function') return value
        return (...words: unknown[]): unknown => {
          calls.push(String(verb))
          return Reflect.apply(value, target, words)
        }
      },
    })
    return {engine, calls, lose: () => (isLost = true)}
  }

  it('answers as an exec does: stdout unchanged, stderr apart, exit code, stdin to its end', async () => {
    const shell = new RouterShell(sandbox.engine, router)
    try {
      const text = `a 'b' "c" $HOME \`d\` \\ ü\n${'x'.repeat(200_000)}\n`
      const [echoed, failed, unread, after] = await Promise.all([
        shell.run({script: 'cat', stdin: text, timeoutMs: TIMEOUT_MS}),
        shell.run({script: String.raw`printf 'a\0b'; echo no >&2; exit 3`, timeoutMs: TIMEOUT_MS}),
        shell.run({script: 'true', stdin: text, timeoutMs: TIMEOUT_MS}),
        shell.run({script: 'cat', timeoutMs: TIMEOUT_MS}),
      ])
      expect(echoed).toEqual({exitCode: 0, stdout: text, stderr: ''})
      expect(failed).toEqual({exitCode: 3, stdout: 'a\0b', stderr: 'no'})
      expect(unread).toEqual({exitCode: 0, stdout: '', stderr: ''})
      expect(after).toEqual({exitCode: 0, stdout: '', stderr: ''})
      await awaitShells(1)
    } finally {
      shell.close()
    }

    await awaitShells(0)
    expect(await shell.run({script: 'true', timeoutMs: TIMEOUT_MS})).toBeUndefined()
  })

  it('gives a command up that takes too long, and carries out the next one', async () => {
    const shell = new RouterShell(sandbox.engine, router)
    try {
      expect(await shell.run({script: 'sleep 2', timeoutMs: 200})).toMatchObject({exitCode: 124})
      expect(await shell.run({script: 'echo there', timeoutMs: TIMEOUT_MS})).toMatchObject({stdout: 'there\n'})
    } finally {
      shell.close()
    }
  })

  it('serves a whole rollout with one process at the engine, and leaves none', async () => {
    const {calls, engine} = counted()
    const control = new RouterControl(engine, router, () => {})
    try {
      await control.configure([await appBackend(sandbox, network)])
      await control.publish('app', `${sandbox.id}-a`)
      await control.unpublish('app', `${sandbox.id}-a`, {drainTimeoutMs: 1000, allowEmpty: true})
    } finally {
      control.close()
    }

    expect(calls.filter((call) => call.startsWith('exec'))).toEqual(['execStream'])
    await awaitShells(0)
  })

  it('takes no more orders once the lock is lost', async () => {
    const {engine, lose} = counted()
    const control = new RouterControl(engine, router, () => {})
    try {
      await control.counters()
      lose()
      await expect(control.counters()).rejects.toThrow('the lock was lost')
    } finally {
      control.close()
    }
  })

  it('does without when the engine gives no stream', async () => {
    const engine = new Proxy(sandbox.engine, {
      get: (target, verb) =>
        verb === 'execStream'
          ? () => target.execStream('no-such-container', ['sh'])
          : (Reflect.get(target, verb) as unknown),
    })
    const control = new RouterControl(engine, router, () => {})
    expect((await control.counters()).worker).toBeGreaterThan(0)
  })

  it('ends with the connection of a client that was killed', async () => {
    const stream = await sandbox.engine.execStream(router, ['sh'])
    stream.write('echo up\n')
    await once(stream, 'data')
    await awaitShells(1)
    stream.destroy()
    await awaitShells(0)
  })

  it('goes on with a router that was killed and started again', async () => {
    let revived = 0
    const control = new RouterControl(sandbox.engine, router, () => (revived += 1))
    try {
      await control.counters()
      await sandbox.engine.killContainer(router, 'SIGKILL')
      expect((await control.counters()).worker).toBeGreaterThan(0)
      expect(revived).toBe(1)
    } finally {
      control.close()
    }
  })
})
