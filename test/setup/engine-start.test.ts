import {type ChildProcess, spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'

import {runShell, temporaryDirectory} from './setup-script.js'

const noSuchProcess = '4194305'

describe('a pid file that a killed daemon left behind', () => {
  it('is removed when no process has that number', async () => {
    expect(await isKept(noSuchProcess)).toBe(false)
  })

  it('is removed when another program got that number', async () => {
    const {pid} = startSleep()

    expect(await isKept(`${pid}`)).toBe(false)
  })

  it('is kept when the daemon itself still runs', async () => {
    const {pid} = startSleep()

    expect(await isKept(`${pid}\n`, 'sleep')).toBe(true)
  })

  it('is removed when it is empty or holds something else than a number', async () => {
    expect(await isKept('')).toBe(false)
    expect(await isKept('none')).toBe(false)
  })

  it('is no error when it is not there', async () => {
    const file = join(await temporaryDirectory(), 'docker.pid')

    expect(await runShell(['engine'], `remove_stale_pid '${file}' dockerd`)).toMatchObject({code: 0, stdout: ''})
  })
})

describe('the daemon that setup starts', () => {
  it('outlives setup and holds neither its lock nor its output', async () => {
    const directory = await temporaryDirectory()
    const daemon = join(directory, 'dockerd')
    await writeFile(daemon, `#!/bin/sh\necho $$ >'${directory}/pid'\nexec sleep 60\n`, {mode: 0o755})
    const line = `engine_log='${directory}/log'; exec 9>'${directory}/lock'; flock 9; launch_daemon`

    const outcome = await runShell(['engine'], line, {PATH: `${directory}:${process.env.PATH}`})
    const pid = await processIn(join(directory, 'pid'))
    const lockIsFree = await runShell([], `flock --nonblock '${directory}/lock' true`)

    expect(outcome).toMatchObject({code: 0, stdout: '', stderr: ''})
    expect(outcome.durationMs).toBeLessThan(30_000)
    expect(process.kill(pid, 0)).toBe(true)
    expect(lockIsFree.code).toBe(0)
  })
})

/** The process whose number is in the file; ended with the test. */
async function processIn(file: string): Promise<number> {
  await expect.poll(() => existsSync(file)).toBe(true)
  await expect.poll(() => readFile(file, 'utf8')).toMatch(/^\d+\n$/)
  const pid = Number(await readFile(file, 'utf8'))
  onTestFinished(() => void process.kill(pid))
  return pid
}

async function isKept(content: string, program = 'dockerd'): Promise<boolean> {
  const file = join(await temporaryDirectory(), 'docker.pid')
  await writeFile(file, content)
  const outcome = await runShell(['engine'], `remove_stale_pid '${file}' ${program}`)
  expect(outcome).toMatchObject({code: 0, stderr: ''})
  return existsSync(file)
}

function startSleep(): ChildProcess {
  const child = spawn('sleep', ['60'])
  onTestFinished(() => void child.kill())
  return child
}
