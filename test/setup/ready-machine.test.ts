import {execFileSync} from 'node:child_process'
import {statSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {connect, createServer, type Server} from 'node:net'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'

import {pathWith, repository, runSetup, temporaryDirectory} from './setup-script.js'

describe('setup on a machine that has everything', () => {
  it('does nothing, says so, and takes less than 10 s', async () => {
    const outcome = await runSetup()

    expect(outcome).toMatchObject({code: 0, stdout: ''})
    expect(outcome.stderr).toMatch(/^✓ docker engine \d+\.\d+/m)
    expect(outcome.stderr).toMatch(/^✓ docker compose \d+\.\d+/m)
    expect(outcome.stderr).toMatch(/^✓ docker buildx \d+\.\d+/m)
    expect(outcome.stderr).toMatch(/^✓ image debian:trixie-slim \(\d+ MB\)$/m)
    expect(outcome.stderr).toMatch(/^✓ image stackctl\/node:24 \(\d+ MB\)$/m)
    expect(outcome.stderr).toMatch(/✓ set up already, nothing to do\n$/)
    expect(outcome.stderr).not.toContain('…')
    expect(outcome.durationMs).toBeLessThan(10_000)
  })

  it('says with --check that nothing is missing', async () => {
    const outcome = await runSetup({arguments: ['--check', '--for-tests']})

    expect(outcome.code).toBe(0)
    expect(outcome.stderr).toMatch(/✓ browser \S+\n.*sshd.*\n✓ nothing is missing\n$/)
  })

  it('prints no colours into a pipe', async () => {
    expect((await runSetup()).stderr).not.toContain('\u001B')
  })

  it('uses the Node of node_modules, whatever Node the system has', async () => {
    const PATH = await pathWith('node', 'npm', 'docker', 'dpkg', 'apt-get')
    const version = execFileSync(join(repository, 'node_modules/.bin/node'), ['--version'], {encoding: 'utf8'})

    const outcome = await runSetup({environment: {PATH}})

    expect(outcome.code).toBe(0)
    expect(outcome.stderr).toContain(`✓ node ${version.trim().slice(1)}\n`)
  })
})

describe('setup with an engine that only DOCKER_HOST knows', () => {
  it('uses that engine and installs nothing', async () => {
    const engine = await forwardToEngine()
    const PATH = await pathWith('node', 'npm', 'docker')

    const outcome = await runSetup({environment: {PATH, DOCKER_HOST: engine.url}})

    expect(outcome.code).toBe(0)
    expect(outcome.stderr).toContain('✓ set up already, nothing to do')
    expect(engine.connections()).toBeGreaterThan(0)
  })

  it('installs no other engine when that one does not answer, and names it', async () => {
    const before = packageDatabase()
    const HOME = await temporaryDirectory()

    const outcome = await runSetup({environment: {DOCKER_HOST: 'tcp://127.0.0.1:9', HOME}})

    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toContain('✗ docker engine: DOCKER_HOST=tcp://127.0.0.1:9 does not answer')
    expect(packageDatabase()).toBe(before)
    expect(await readdir(HOME)).toEqual([])
  })
})

function packageDatabase(): number {
  return statSync('/var/lib/dpkg/status', {throwIfNoEntry: false})?.mtimeMs ?? 0
}

/** The real engine, at an address that nothing but DOCKER_HOST knows. */
async function forwardToEngine(): Promise<{url: string; connections: () => number}> {
  const socketPath = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '')
  let connections = 0
  const server = createServer((client) => {
    connections += 1
    const engine = connect(socketPath)
    client.pipe(engine).pipe(client)
    client.on('error', () => engine.destroy())
    engine.on('error', () => client.destroy())
  })
  const port = await listen(server)
  onTestFinished(() => void server.close())
  return {url: `tcp://127.0.0.1:${port}`, connections: () => connections}
}

function listen(server: Server): Promise<number> {
  return new Promise((done, failed) => {
    server.once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      done(typeof address === 'object' && address ? address.port : 0)
    })
  })
}
