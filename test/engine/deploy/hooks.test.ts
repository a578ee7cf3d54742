import {readFile, rm} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest'

import {startCli} from '../../support/cli.js'
import {node, openProject, type Project, server, type StackYaml} from './project.js'

let project: Project

beforeAll(async () => {
  project = await openProject('hooks')
})

afterAll(async () => project.remove())

beforeEach(async () => rm(path.join(project.directory, 'told'), {force: true}))

/** Writes down that it ran, and what it was told. Compose wants `$$`. */
function note(what = '$$STACKCTL_COMMAND $$STACKCTL_RELEASE $$STACKCTL_PREVIOUS_RELEASE'): string[] {
  return ['sh', '-c', `echo "$$STACKCTL_HOOK ${what}" | tee -a told`]
}

/** What the hooks wrote down so far. */
async function told(): Promise<string[]> {
  try {
    return (await readFile(path.join(project.directory, 'told'), 'utf8')).trim().split('\n')
  } catch {
    return []
  }
}

function stack(version: string, hooks: Record<string, unknown>, more: StackYaml['services'] = {}): StackYaml {
  return {services: {app: server(version), ...more}, 'x-stackctl': {hooks}}
}

const CRASH = "console.error('no such table');process.exit(3)"

describe('hooks of a deploy', () => {
  it('run before and after it, in the project directory, and are told the release; their output is shown', async () => {
    const hooks = {
      'pre-deploy': [note()],
      'post-deploy': [note('$$STACKCTL_PROJECT $$STACKCTL_RESULT')],
      'on-failure': [note()],
    }
    const {stderr} = await project.deployed(stack('1', hooks))
    expect(await told()).toEqual(['pre-deploy deploy 1 ', `post-deploy ${project.id} deployed`])
    expect(stderr.indexOf('pre-deploy | pre-deploy deploy 1')).toBeGreaterThan(-1)
    expect(stderr.indexOf('pre-deploy | pre-deploy deploy 1')).toBeLessThan(
      stderr.indexOf(`start ${project.id}-app-r1-1`),
    )
  })

  it('do not run when there is nothing to do', async () => {
    const {stdout} = await project.deployed(stack('1', {'pre-deploy': [note()], 'post-deploy': [note()]}))
    expect(stdout).toContain('nothing to do')
    expect(await told()).toEqual([])
  })

  it('end it when pre-deploy fails: exit 3, nothing was changed, and on-failure is told why', async () => {
    const before = await project.replicas()
    const run = await project.deploy(
      stack('2', {
        'pre-deploy': [['sh', '-c', 'echo not today; exit 4'], note()],
        'on-failure': [note('$$STACKCTL_ERROR_CODE $$STACKCTL_RESULT')],
      }),
    )
    expect(run.exitCode, run.stderr).toBe(3)
    expect(run.stderr).toMatch(
      /^Error: pre-deploy hook "sh -c .*" exited with code 4; nothing was changed at the engine$/m,
    )
    expect(run.stderr).toMatch(/^ {2}\| not today$/m)
    expect(await told()).toEqual(['on-failure E_CONFIG failed'])
    expect(await project.replicas()).toEqual(before)
  })

  it('tell a refused release, without its secrets, once the old one serves again; that they fail does not hide why', async () => {
    const secret = 'a-very-secret-value'
    const app = node(CRASH, {environment: {API_TOKEN: secret}})
    const run = await project.deploy({
      services: {app: {...app, command: ['node', '-e', `console.error('${secret}');process.exit(3)`]}},
      'x-stackctl': {
        hooks: {'on-failure': [['false'], note('$$STACKCTL_RESULT $$STACKCTL_ERROR_CODE $$STACKCTL_ERROR')]},
      },
    })
    expect(run.exitCode, run.stderr).toBe(6)
    expect(run.stderr).toMatch(/on-failure hook "false" exited with code 1; the outcome of the run stands \[W_HOOK\]/)
    const [line = ''] = await told()
    expect(line).toMatch(/^on-failure rolled-back E_UNHEALTHY \S.*release 1 keeps serving/)
    expect(line).not.toContain(secret)
    expect(await project.sh('app', 'echo $VERSION')).toBe('1')
  })

  it('that fail afterwards are a warning: the release serves, exit 0', async () => {
    const {exitCode, stderr} = await project.deploy(stack('3', {'post-deploy': [['sh', '-c', 'exit 9'], note()]}))
    expect(exitCode, stderr).toBe(0)
    expect(stderr).toMatch(/post-deploy hook "sh -c exit 9" exited with code 9.* \[W_HOOK\]/)
    expect(await told()).toHaveLength(1)
    expect(await project.sh('app', 'echo $VERSION')).toBe('3')
  })

  it('are ended with all that they started when their time is over', async () => {
    const child = '(trap "echo ended >> told; exit" TERM; while :; do sleep 0.1; done) & wait'
    const {exitCode, stderr} = await project.deploy(
      stack('4', {'pre-deploy': [{run: ['sh', '-c', child], timeout: '500ms'}]}),
    )
    expect(exitCode, stderr).toBe(3)
    expect(stderr).toMatch(/^Error: pre-deploy hook .* took longer than 0\.5 s and was ended/m)
    await vi.waitFor(async () => expect(await told()).toEqual(['ended']))
    expect(await project.sh('app', 'echo $VERSION')).toBe('3')
  })

  it('are ended by Ctrl-C, and told about it: exit 130', async () => {
    const hooks = {
      'pre-deploy': [['sh', '-c', 'echo waiting; exec sleep 999']],
      'on-failure': [note('$$STACKCTL_RESULT $$STACKCTL_ERROR_CODE')],
    }
    await project.write(stack('4', hooks))
    const cli = startCli(['deploy'], {cwd: project.directory})
    await cli.said('| waiting')
    cli.signal('SIGINT')
    expect((await cli.result).exitCode).toBe(130)
    expect(await told()).toEqual(['on-failure interrupted E_INTERRUPTED'])
  })
})

describe('the pre-migrate hooks', () => {
  const migrate = node("console.log('migrated')", {'x-stackctl': {job: 'pre-deploy'}})

  it('that fail stop the job: exit 10, nothing was migrated', async () => {
    const before = await project.replicas()
    const run = await project.deploy(stack('5', {'pre-migrate': [['sh', '-c', 'echo no room; exit 1']]}, {migrate}))
    expect(run.exitCode, run.stderr).toBe(10)
    expect(run.stderr).toMatch(
      /^Error: pre-migrate hook .* exited with code 1; nothing was migrated and nothing swapped$/m,
    )
    expect(run.stderr).not.toContain('| migrated')
    expect(await project.replicas()).toEqual(before)
  })

  it('run before the job, and not when no job runs', async () => {
    const hooks = {'pre-migrate': [note()]}
    const {stderr} = await project.deployed(stack('5', hooks, {migrate}))
    expect(await told()).toHaveLength(1)
    expect(stderr.indexOf('| pre-migrate deploy')).toBeLessThan(stderr.indexOf('| migrated'))
    await project.deployed(stack('6', hooks, {migrate}))
    expect(await told()).toHaveLength(1)
  })
})
