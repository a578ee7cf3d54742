import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {connect, createServer} from 'node:net'
import {tmpdir, userInfo} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {connectEngine} from '../../../src/lib/engine/connect.js'
import {UnreachableError} from '../../../src/lib/errors.js'
import {eventually, failureOf, FOREVER, useSandbox} from './sandbox.js'

const SSHD = '/usr/sbin/sshd'

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const {port} = server.address() as {port: number}
      server.close(() => resolve(port))
    })
  })
}

// A real sshd on loopback with keys of its own. Machines without openssh-server cannot run it.
describe.skipIf(!existsSync(SSHD) || userInfo().uid !== 0)('an engine over ssh', () => {
  const box = useSandbox()
  let directory = ''
  let port = 0
  let daemon: ChildProcess

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stkeng-ssh-'))
    port = await freePort()
    for (const name of ['host', 'user'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)])
    await mkdir('/run/sshd', {recursive: true})
    await writeFile(join(directory, 'authorized_keys'), await readFile(join(directory, 'user.pub')))
    const hostKey = await readFile(join(directory, 'host.pub'), 'utf8')
    await writeFile(join(directory, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}`)
    const daemonConfig = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${directory}/host`,
      `AuthorizedKeysFile ${directory}/authorized_keys`,
      `PidFile ${directory}/pid`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      'MaxStartups 100',
    ]
    await writeFile(join(directory, 'sshd_config'), daemonConfig.join('\n'))
    await writeConfig('known_hosts')
    // The system's ssh takes the home directory from the user database, so its configuration is named by a wrapper.
    await writeFile(join(directory, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${directory}/config "$@"\n`)
    await chmod(join(directory, 'ssh'), 0o755)
    daemon = spawn(SSHD, ['-D', '-e', '-f', join(directory, 'sshd_config')], {stdio: 'ignore'})
    await eventually(isListening)
  })
  afterAll(async () => {
    daemon.kill()
    await rm(directory, {recursive: true})
  })

  const writeConfig = (knownHosts: string) =>
    writeFile(
      join(directory, 'config'),
      `Host far-engine\n HostName 127.0.0.1\n Port ${port}\n IdentityFile ${directory}/user\n UserKnownHostsFile ${directory}/${knownHosts}\n GlobalKnownHostsFile /dev/null\n StrictHostKeyChecking yes\n`,
    )

  const isListening = () =>
    new Promise<true | undefined>((resolve) => {
      const socket = connect(port, '127.0.0.1')
        .on('connect', () => {
          socket.destroy()
          resolve(true)
        })
        .on('error', () => resolve(undefined))
    })

  const connectTo = (address: string) =>
    connectEngine({env: {...process.env, DOCKER_HOST: address, PATH: `${directory}:${process.env.PATH}`}})

  it("goes through the system's ssh and the user's configuration", async () => {
    const engine = await connectTo('ssh://root@far-engine')
    const id = await box.run('ssh', FOREVER)
    expect((await engine.listContainers([box.label])).map((one) => one.id)).toEqual([id])
    expect(await engine.exec(id, ['sh', '-c', 'cat; exit 3'], {stdin: 'far away'})).toEqual({
      exitCode: 3,
      stdout: 'far away',
      stderr: '',
    })
    const calls = await Promise.all(Array.from({length: 8}, () => engine.exec(id, ['echo', 'x'])))
    expect(calls.every(({stdout}) => stdout === 'x\n')).toBe(true)
  })

  it('names a socket on the far side', async () => {
    const engine = await connectTo('ssh://root@far-engine/var/run/docker.sock')
    expect((await engine.info()).os).toBe('linux')
  })

  it('says what ssh said when the host key is unknown', async () => {
    await writeConfig('nobody')
    const error = await failureOf(connectTo('ssh://root@far-engine'))
    await writeConfig('known_hosts')
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error.message).toBe(
      'cannot connect: the Docker Engine at ssh://root@far-engine cannot be reached over ssh: Host key verification failed.',
    )
    expect(error.suggestions).toEqual(['Try: ssh root@far-engine docker version'])
  })

  it('says so when the host has no such socket', async () => {
    const error = await failureOf(connectTo('ssh://root@far-engine/no/such.sock'))
    expect(error).toBeInstanceOf(UnreachableError)
    expect(error.message).toContain('no such file or directory')
  })

  it('leaves no ssh behind when an exec stream is destroyed', async () => {
    const engine = await connectTo('ssh://root@far-engine')
    const id = await box.run('ssh-stream', FOREVER)
    const stream = await engine.execStream(id, ['cat'])
    stream.write('hello')
    const [chunk] = await new Promise<Buffer[]>((resolve) => {
      stream.once('data', (data: Buffer) => resolve([data]))
    })
    expect(chunk?.toString()).toBe('hello')
    stream.destroy()
    const gone = await eventually(async () => {
      const {stdout} = await engine.exec(id, [
        'sh',
        '-c',
        String.raw`for p in /proc/[0-9]*; do tr "\0" " " < $p/cmdline; echo; done`,
      ])
      return stdout.split('\n').includes('cat ') ? undefined : true
    })
    expect(gone).toBe(true)
  })
})
