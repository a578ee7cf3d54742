import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {startCli} from '../../support/cli.js'
import {node, openProject, type Project, readyCheck, server, type ServiceYaml, type StackYaml} from './project.js'

const CRASH = "console.error('boom');process.exit(5)"
const NEVER_READY = "process.on('SIGTERM', () => process.exit(0));console.log('booting');setInterval(() => {}, 1000)"

let project: Project

beforeAll(async () => {
  project = await openProject('undo')
  await project.deployed(stack('1', server('1')))
})

afterAll(async () => project.remove())

/** `routed` and `plain` are done before `last` starts, because it depends on them. */
function stack(version: string, last: ServiceYaml): StackYaml {
  return {
    services: {
      routed: server(version, {expose: ['8000'], 'x-stackctl': {route: {port: 8000}}}),
      plain: server(version),
      last: {...last, depends_on: {routed: {condition: 'service_healthy'}, plain: {condition: 'service_healthy'}}},
    },
  }
}

async function expectRelease1Serves(before: unknown): Promise<void> {
  expect(await project.replicas()).toEqual(before)
  const status = JSON.parse((await project.cli('status', '--json')).stdout) as {
    state: string
    release: number
    services: {state: string; release: number}[]
  }
  // `up` says of a routed service that the router sends it traffic.
  expect(status).toMatchObject({state: 'up', release: 1})
  expect(status.services.map(({release, state}) => ({release, state}))).toEqual(
    Array.from({length: 3}, () => ({release: 1, state: 'up'})),
  )
  expect(
    await project.sh('last', 'node -e "fetch(\'http://routed:8000\').then(r => r.text()).then(console.log)"'),
  ).toBe('1')
}

describe('a release that is refused in its last service', () => {
  it('is taken back in all: what had been replaced serves again, and nothing of it is left', async () => {
    const before = await project.replicas()
    const run = await project.deploy(stack('2', node(CRASH)))
    expect(run.exitCode).toBe(6)
    expect(run.stderr).toMatch(
      /^Error: release \d+ was refused: \S+-last-r\d+-1 exited with code 5; release 1 keeps serving$/m,
    )
    // It had got that far.
    expect(run.stderr).toMatch(/✓ publish \S+-routed-r\d+-1/)
    expect(run.stderr).toMatch(/✓ accept \S+-plain-r\d+-1/)
    await expectRelease1Serves(before)
  })
})

describe('a deploy that is interrupted', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s is taken back and ends with %i', async (signal, exitCode) => {
    const before = await project.replicas()
    await project.write(stack('2', node(NEVER_READY, {healthcheck: readyCheck()})))
    const cli = startCli(['deploy'], {cwd: project.directory})
    await cli.said(new RegExp(`check ${project.id}-last-r\\d+-1`))
    cli.signal(signal)
    const run = await cli.result
    expect({exitCode: run.exitCode, stdout: run.stdout}, run.stderr).toEqual({exitCode, stdout: ''})
    expect(run.stderr).toMatch(new RegExp(`^Error: interrupted by ${signal}`, 'm'))
    await expectRelease1Serves(before)
  })

  it('while an image is built leaves everything as it was', async () => {
    const before = await project.replicas()
    const slow = {build: {context: '.', dockerfile_inline: 'FROM stackctl/node:24\nRUN echo step begins; sleep 60\n'}}
    await project.write(stack('2', server('2', {...slow, image: `${project.id}/last`})))
    const cli = startCli(['deploy', '--json', '--progress', 'json'], {cwd: project.directory})
    await cli.said('step begins')
    cli.signal('SIGINT')
    const run = await cli.result
    expect(run.exitCode).toBe(130)
    expect(JSON.parse(run.stdout)).toMatchObject({
      schema: 'stackctl.error.v1',
      error: {code: 'E_INTERRUPTED', exit: 130},
    })
    await expectRelease1Serves(before)
  })
})

describe('a first deploy in which one service is bad', () => {
  it('keeps what is healthy, removes what is not, and the next deploy makes the rest', async () => {
    const first = await openProject('first')
    try {
      const good = server('1')
      const run = await first.deploy({
        services: {good, bad: node(CRASH, {depends_on: {good: {condition: 'service_healthy'}}})},
      })
      expect(run.exitCode).toBe(6)
      const kept = await first.replicas()
      expect(kept.map(({name, state}) => `${name} ${state}`)).toEqual([`${first.id}-good-r1-1 running`])
      await first.deployed({services: {good, bad: server('1', {depends_on: {good: {condition: 'service_healthy'}}})}})
      expect(await first.replicas('good')).toEqual(kept)
      expect((await first.only('bad')).state).toBe('running')
    } finally {
      await first.remove()
    }
  })
})

describe('a deploy that is interrupted while it cleans up', () => {
  it('keeps the new release, which serves already, and the next deploy removes the rest', async () => {
    const late = await openProject('late')
    // The old replica takes its time to stop, as one with long requests does.
    const slow =
      "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 4000));require('http').createServer((q, r) => r.end(process.env.VERSION)).listen(8000, () => require('fs').writeFileSync('/tmp/ready', ''))"
    const web = (version: string): StackYaml => ({
      services: {
        web: node(slow, {
          environment: {VERSION: version},
          healthcheck: readyCheck(),
          expose: ['8000'],
          stop_grace_period: '20s',
          'x-stackctl': {route: {port: 8000}},
        }),
      },
    })
    try {
      await late.deployed(web('1'))
      await late.write(web('2'))
      const cli = startCli(['deploy'], {cwd: late.directory})
      await cli.said(`▸ stop ${late.id}-web-r1-1`)
      cli.signal('SIGINT')
      const run = await cli.result
      expect(run.exitCode, run.stderr).toBe(130)
      expect(run.stderr).not.toContain('undo:')
      expect(await late.replicas()).toContainEqual(
        expect.objectContaining({name: `${late.id}-web-r2-1`, state: 'running'}),
      )
      await late.deployed(web('2'))
      expect((await late.only('web')).release).toBe('2')
      expect((await late.cli('status', '--json')).stdout).toContain('"state": "up"')
    } finally {
      await late.remove()
    }
  })
})
