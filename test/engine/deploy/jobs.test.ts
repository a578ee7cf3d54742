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
