import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {node, openProject, type Project, type StackYaml} from './project.js'

const shell = promisify(execFile)
const SECRET = 'Qm7Zr4tLk92WxPs5VdHn3BcY'
const FOREVER = "process.on('SIGTERM', () => process.exit(0));setInterval(() => {}, 1000)"
const CRASH = "console.log('password is ' + require('fs').readFileSync('/run/secrets/token', 'utf8'));process.exit(1)"

let project: Project

beforeAll(async () => {
  project = await openProject('secret')
})

afterAll(async () => project.remove())

function stack(script: string): StackYaml {
  const hardened = {
    user: '10001:10001',
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    environment: {TOKEN_FILE: '/run/secrets/token'},
  }
  const check = {test: ['CMD', 'test', '-r', '/run/secrets/token'], interval: '1s'}
  return {
    services: {
      app: node(script, {
        ...hardened,
        healthcheck: check,
        secrets: [
          {source: 'token', mode: 0o400},
          {source: 'token', target: '/run/app/again', uid: '10001', mode: 0o440},
        ],
      }),
    },
    secrets: {token: {file: './secrets/token'}},
  }
}

describe('a secret', () => {
  it('is readable by a process that is not root, below a read-only root', async () => {
    await project.sandbox.files({'secrets/token': SECRET})
    await project.deployed(stack(FOREVER))
    expect(
      await project.sh(
        'app',
        'id -u; cat /run/secrets/token; echo; cat /run/app/again; echo; stat -c %a /run/secrets/token',
      ),
    ).toBe(['10001', SECRET, SECRET, '400'].join('\n'))
  })

  it('is not in what the engine shows of the container', async () => {
    const {stdout} = await shell('docker', ['inspect', (await project.only('app')).id])
    expect(stdout).toContain('TOKEN_FILE')
    expect(stdout).not.toContain(SECRET)
  })

  it.each([
    ['for people', []],
    ['as a document', ['--json']],
    ['as events', ['--progress', 'json']],
  ])('is not in any output of a deploy whose container prints it, %s', async (_, args) => {
    const {exitCode, stderr, stdout} = await project.deploy(stack(CRASH), ...args)
    expect(exitCode).toBe(6)
    expect(stdout + stderr).toContain('password is ')
    expect(stdout + stderr).not.toContain(SECRET)
  })

  it.each([
    ['config'],
    ['config', '--json'],
    ['plan', '--steps'],
    ['plan', '--json'],
    ['status', '--json'],
    ['logs', '--tail', '5'],
  ])('is not in the output of %s %s', async (...args) => {
    const {exitCode, stderr, stdout} = await project.cli(...args)
    expect(exitCode, stderr).toBe(0)
    expect(stdout + stderr).not.toContain(SECRET)
  })
})
