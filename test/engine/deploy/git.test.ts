import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import type {CliRun} from '../../support/cli.js'

import {runCli} from '../../support/cli.js'
import {openSandbox, type Sandbox} from '../../support/sandbox.js'

const run = promisify(execFile)

let sandbox: Sandbox
let root: string
let count = 0

beforeAll(async () => {
  sandbox = await openSandbox('git')
  root = await mkdtemp(path.join(tmpdir(), 'stkgit-'))
})

afterAll(async () => {
  await sandbox.remove()
  await rm(root, {recursive: true, force: true})
})

/** A remote, somebody who pushes to it, and the checkout that is deployed. */
interface Clones {
  readonly checkout: string
  readonly colleague: string
  readonly git: (directory: string, ...args: string[]) => Promise<string>
  /** Writes the stack with a version, commits and answers the short id. */
  readonly commit: (directory: string, version: string) => Promise<string>
  readonly deploy: (...args: string[]) => Promise<CliRun>
}

/** Nothing of the machine's own git configuration, which may sign or rename. */
const ENV = {...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null'}

async function git(directory: string, ...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
  const {stdout} = await run('git', [...identity, ...args], {cwd: directory, env: ENV})
  return stdout.trim()
}

async function commit(directory: string, version: string): Promise<string> {
  const compose = `name: ${sandbox.id}\nservices:\n  app: {image: stackctl/node:24, init: true, command: [sleep, infinity], labels: {version: "${version}"}}\n`
  await writeFile(path.join(directory, 'compose.yaml'), compose)
  await git(directory, 'add', '.')
  await git(directory, 'commit', '--quiet', '-m', `version ${version}`)
  return git(directory, 'rev-parse', '--short', 'HEAD')
}

async function openClones(): Promise<Clones> {
  count += 1
  const base = path.join(root, String(count))
  const [bare, colleague, checkout] = ['remote.git', 'colleague', 'checkout'].map((name) => path.join(base, name)) as [
    string,
    string,
    string,
  ]
  await mkdir(base)
  await git(base, 'init', '--quiet', '--bare', '--initial-branch=main', bare)
  await git(base, 'clone', '--quiet', bare, colleague)
  await git(colleague, 'switch', '--quiet', '--create', 'main')
  await commit(colleague, '1')
  await git(colleague, 'push', '--quiet', '--set-upstream', 'origin', 'main')
  await git(base, 'clone', '--quiet', bare, checkout)
  const deploy = async (...args: string[]): Promise<CliRun> => runCli(['deploy', ...args], {cwd: checkout})
  return {checkout, colleague, git, commit, deploy}
}

function refusal({exitCode, stderr}: CliRun): {exitCode: number; error: string} {
  return {exitCode, error: /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr}
}

describe('deploy --git', () => {
  it('deploys what came: fetched, fast-forwarded, and said in one line', async () => {
    const {checkout, colleague, deploy} = await openClones()
    const before = await git(checkout, 'rev-parse', '--short', 'HEAD')
    await commit(colleague, '2')
    const after = await commit(colleague, '3')
    await git(colleague, 'push', '--quiet')
    await writeFile(path.join(checkout, 'untracked'), '')
    const {exitCode, stderr} = await deploy('--git')
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toContain(`main: ${before} → ${after}, 2 commits`)
    const [replica] = await sandbox.engine.listContainers([`com.docker.compose.project=${sandbox.id}`])
    expect(replica?.labels.version).toBe('3')
    expect((await deploy('--git')).stderr).toContain(`main: already up to date (${after})`)
  })

  it('is about the directory of the files that were named, wherever it is run', async () => {
    const {checkout, colleague} = await openClones()
    const after = await commit(colleague, '4')
    await git(colleague, 'push', '--quiet')
    const file = path.join(checkout, 'compose.yaml')
    const {stderr} = await runCli(['deploy', '--git', '--plan', '-f', file], {cwd: tmpdir()})
    expect(stderr).toContain(`→ ${after}, 1 commit`)
  })

  it('refuses a checkout with changes, and names the files', async () => {
    const {checkout, deploy} = await openClones()
    await writeFile(path.join(checkout, 'compose.yaml'), 'services: {}\n')
    expect(refusal(await deploy('--git'))).toEqual({
      exitCode: 3,
      error: `${checkout} has changes that are not committed: compose.yaml`,
    })
  })

  it('refuses a branch that has diverged from its upstream, and leaves it alone', async () => {
    const {checkout, colleague, deploy} = await openClones()
    await commit(colleague, '5')
    await git(colleague, 'push', '--quiet')
    const own = await commit(checkout, '6')
    expect(refusal(await deploy('--git'))).toEqual({
      exitCode: 3,
      error: 'branch main and its upstream have diverged: 1 commit here, 1 commit there',
    })
    expect(await git(checkout, 'rev-parse', '--short', 'HEAD')).toBe(own)
  })

  it('refuses a branch without an upstream, a detached HEAD, and a directory without git', async () => {
    const {checkout, deploy} = await openClones()
    await git(checkout, 'switch', '--quiet', '--create', 'own')
    expect(refusal(await deploy('--git'))).toEqual({exitCode: 3, error: 'branch own has no upstream'})
    await git(checkout, 'switch', '--quiet', '--detach')
    expect(refusal(await deploy('--git')).error).toContain('is on no branch')
    await rm(path.join(checkout, '.git'), {recursive: true})
    expect(refusal(await deploy('--git'))).toEqual({exitCode: 3, error: `${checkout} is not in a git work tree`})
  })

  it('refuses when nothing can be fetched, in the words of git and without the login of the address', async () => {
    const {checkout, deploy} = await openClones()
    await git(checkout, 'remote', 'set-url', 'origin', 'http://somebody:hunter2hunter2@127.0.0.1:1/stack.git')
    const {exitCode, error} = refusal(await deploy('--git'))
    expect({exitCode, error}).toEqual({exitCode: 3, error: expect.stringContaining('git fetch failed: ') as string})
    expect(error).not.toContain('hunter2')
    await git(checkout, 'remote', 'set-url', 'origin', path.join(checkout, '..', 'gone.git'))
    expect(refusal(await deploy('--git')).error).toMatch(/^git fetch failed: .*gone\.git.*/)
  })
})
