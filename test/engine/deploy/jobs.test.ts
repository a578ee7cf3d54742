import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {startCli} from '../../support/cli.js'
import {openProject, type Project, server, type ServiceYaml, type StackYaml} from './project.js'

let project: Project

beforeAll(async () => {
  project = await openProject('jobs')
  await project.sandbox.files({'migrations/Dockerfile': 'FROM stackctl/node:24\nENV PURPOSE=migrations\n'})
})

afterAll(async () => project.remove())

/** A migration that a user would write: an image of its own, run before anything is swapped. */
function migration(step: string, more = ''): ServiceYaml {
  return {
    build: './migrations',
    command: ['node', '-e', `console.log('applied ${step}');${more}`],
    stop_grace_period: '1s',
    'x-stackctl': {job: 'pre-deploy'},
  }
}

function stack(version: string, migrate: ServiceYaml): StackYaml {
  return {services: {app: server(version), migrate}}
}

describe('a pre-deploy job', () => {
  it('runs before anything is started, and what it prints is shown', async () => {
    const {stderr} = await project.deployed(stack('1', migration('0001')))
    expect(stderr).toContain('| applied 0001')
    expect(stderr.indexOf('| applied 0001')).toBeLessThan(stderr.indexOf(`start ${project.id}-app-r1-1`))
    expect((await project.only('migrate')).state).toBe('exited')
  })

  it('runs once per image and command, also when other services change', async () => {
    const ran = await project.only('migrate')
    const {stderr} = await project.deployed(stack('2', migration('0001')))
    expect(stderr).not.toContain('applied')
    expect(await project.only('migrate')).toEqual(ran)
    expect((await project.only('app')).release).toBe('2')
  })

  it('runs again when its command changes, and leaves one container', async () => {
    const {stderr} = await project.deployed(stack('2', migration('0002')))
    expect(stderr).toContain('| applied 0002')
    expect((await project.only('migrate')).state).toBe('exited')
    expect((await project.only('app')).release).toBe('2')
  })

  it('that fails ends the deploy before anything is swapped: exit 10, its last lines, no container left', async () => {
    const before = await project.replicas()
    const run = await project.deploy(
      stack('3', migration('0003', "console.log('column exists already');process.exit(4)")),
    )
    expect(run).toMatchObject({exitCode: 10, stdout: ''})
    expect(run.stderr).toMatch(/^Error: \S+-migrate-r4-1 exited with code 4; nothing was swapped$/m)
    expect(run.stderr).toMatch(/^ {2}\| column exists already$/m)
    expect(run.stderr).toMatch(/^ {2}→ \S/m)
    expect(await project.replicas()).toEqual(before)
    expect(await project.sh('app', 'echo $VERSION')).toBe('2')
  })

  it('that is interrupted leaves no container, and nothing is swapped: exit 130', async () => {
    const before = await project.replicas()
    await project.write(stack('3', migration('0003', 'setInterval(() => {}, 1000)')))
    const cli = startCli(['deploy'], {cwd: project.directory})
    await cli.said('| applied 0003')
    cli.signal('SIGINT')
    expect((await cli.result).exitCode).toBe(130)
    expect(await project.replicas()).toEqual(before)
  })

  it('runs alone with `migrate`, whatever else has changed', async () => {
    const app = await project.only('app')
    await project.write(stack('4', migration('0004')))
    const {exitCode, stderr} = await project.cli('migrate')
    expect(exitCode).toBe(0)
    expect(stderr).toContain('| applied 0004')
    expect(await project.only('app')).toEqual(app)
    await project.only('migrate')
  })
})

/** Runs until somebody lets it go, and ends with the code it is given. */
const HELD =
  "process.on('SIGTERM',()=>{console.log('asked to end');process.exit(0)});const wait=setInterval(()=>{try{process.exit(Number(require('fs').readFileSync('/tmp/go','utf8')))}catch{}},50)"

/** A stackctl that was killed in the middle of a job, which goes on by itself. */
async function killedIn(step: string): Promise<string> {
  await project.write(stack('5', migration(step, HELD)))
  const cli = startCli(['deploy'], {cwd: project.directory})
  await cli.said(`| applied ${step}`)
  cli.signal('SIGKILL')
  await cli.result
  const running = (await project.replicas('migrate')).find(({state}) => state === 'running')
  if (running === undefined) throw new Error('the job does not run')
  return running.name
}

async function letGo(container: string, exitCode = 0): Promise<void> {
  await project.sandbox.engine.exec(container, ['sh', '-c', `echo ${exitCode} > /tmp/draft && mv /tmp/draft /tmp/go`])
}

describe('a job that an earlier run has left running', () => {
  it('is waited for: its end counts, its output is shown, and no second one is started', async () => {
    const job = await killedIn('0005')
    const cli = startCli(['deploy'], {cwd: project.directory})
    await cli.said(`wait for ${job}, which runs`)
    await cli.said('| applied 0005')
    await letGo(job)
    expect((await cli.result).exitCode).toBe(0)
    expect(await project.only('migrate')).toMatchObject({name: job, state: 'exited'})
    expect(await project.sh('app', 'echo $VERSION')).toBe('5')
  })

  it('and fails is this run that fails: exit 10, nothing swapped', async () => {
    const job = await killedIn('0006')
    const cli = startCli(['deploy'], {cwd: project.directory})
    await cli.said(`wait for ${job}, which runs`)
    await letGo(job, 3)
    const {exitCode, stderr} = await cli.result
    expect({exitCode, stderr}).toEqual({
      exitCode: 10,
      stderr: expect.stringContaining(`${job} exited with code 3`) as string,
    })
    expect((await project.replicas('migrate')).map(({name}) => name)).not.toContain(job)
  })

  it('with another configuration is waited for before ours is run', async () => {
    const job = await killedIn('0007')
    await project.write(stack('5', migration('0008')))
    const cli = startCli(['deploy'], {cwd: project.directory})
    await cli.said(`waiting for ${job}, which an earlier run started`)
    expect((await project.replicas('migrate')).filter(({state}) => state === 'running')).toHaveLength(1)
    await letGo(job, 1)
    await cli.said('| applied 0008')
    expect((await cli.result).exitCode).toBe(0)
    expect((await project.only('migrate')).name).not.toBe(job)
  })
})

describe('a job that does not end', () => {
  it('is stopped by its own signal when its time is over: exit 10, and nothing was swapped', async () => {
    const before = await project.replicas()
    const job = {...migration('0009', HELD), 'x-stackctl': {job: {when: 'pre-deploy', timeout: '1s'}}}
    const {exitCode, stderr} = await project.deploy(stack('6', job))
    expect(exitCode, stderr).toBe(10)
    expect(stderr).toMatch(/^Error: \S+-migrate-r\d+-1 did not end within 1s and was stopped; nothing was swapped$/m)
    expect(stderr).toMatch(/^ {2}\| asked to end$/m)
    expect(await project.replicas()).toEqual(before)
  })
})
