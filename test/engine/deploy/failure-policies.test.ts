import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {startCli} from '../../support/cli.js'
import {
  node,
  openProject,
  type Project,
  readyCheck,
  server,
  SERVER,
  type ServiceYaml,
  type StackYaml,
} from './project.js'

const NEVER_READY = "process.on('SIGTERM', () => process.exit(0));setInterval(() => {}, 1000)"
/** The first replica of a version serves; every later one exits. */
const ONE_ONLY = `try { require('fs').mkdirSync('/turns/' + process.env.VERSION) } catch { process.exit(3) };${SERVER}`

let project: Project

beforeAll(async () => {
  project = await openProject('policy')
})

afterAll(async () => project.remove())

const pair = (version: string, script: string, update: object): StackYaml => ({
  services: {
    web: node(script, {
      environment: {VERSION: version},
      healthcheck: readyCheck(),
      expose: ['8000'],
      restart: 'always',
      user: '0:0',
      volumes: ['./turns:/turns'],
      deploy: {replicas: 2, update_config: {order: 'start-first', monitor: '1ms', ...update}},
      'x-stackctl': {route: {port: 8000}},
    }),
    client: server('1'),
  },
})

/** The versions that answer to the service's name. */
async function answers(): Promise<string[]> {
  const ask = "fetch('http://web:8000').then(r => r.text())"
  const text = await project.sh(
    'client',
    `node -e "Promise.all([1,2,3,4].map(() => ${ask})).then(a => console.log(a.join()))"`,
  )
  return [...new Set(text.split(','))].toSorted()
}

const states = async () =>
  (await project.replicas('web')).map(({name, state}) => `${name.replace(`${project.id}-`, '')} ${state}`)

describe('of two new replicas the second one', () => {
  it('that fails pauses the deploy with failure_action pause: it goes, and what serves serves on', async () => {
    await project.deployed(pair('1', SERVER, {}))
    const run = await project.deploy(pair('2', ONE_ONLY, {failure_action: 'pause'}))
    expect({exitCode: run.exitCode, code: run.stderr.includes('E_PAUSED')}, run.stderr).toEqual({
      exitCode: 6,
      code: true,
    })
    expect(await states()).toEqual(['web-r1-1 running', 'web-r1-2 running', 'web-r2-1 running'])
    expect(await answers()).toEqual(['1', '2'])
  })

  it('that fails is given up within max_failure_ratio: it stays, unpublished, with the restart policy of the file', async () => {
    const run = await project.deploy(pair('3', ONE_ONLY, {max_failure_ratio: 0.5}))
    expect(run.stderr).toMatch(/-web-r3-2 exited with code 3; \S+-web-r3-2 was given up and stays/)
    expect(await states()).toEqual(['web-r3-1 running', 'web-r3-2 exited'])
    expect(await answers()).toEqual(['3'])
    const [, given] = await project.replicas('web')
    const facts = await project.sandbox.engine.inspectContainer(given?.id ?? '')
    expect(facts?.HostConfig.RestartPolicy?.Name).toBe('always')
  })
})

describe('a published replica that dies while another service is still being checked', () => {
  it('ends the deploy there and then, and the old release serves', async () => {
    const other = await openProject('guard')
    const stack = (version: string, late: ServiceYaml): StackYaml => ({
      services: {
        early: server(version, {expose: ['8000'], 'x-stackctl': {route: {port: 8000}}}),
        late: {...late, depends_on: {early: {condition: 'service_healthy'}}},
      },
    })
    try {
      await other.deployed(stack('1', server('1')))
      const before = await other.replicas()
      const gate = {'x-stackctl': {gate: {timeout: '300s'}}}
      await other.write(stack('2', node(NEVER_READY, {healthcheck: readyCheck(), ...gate})))
      const cli = startCli(['deploy'], {cwd: other.directory})
      await cli.said(`▸ check ${other.id}-late-r2-1`)
      await other.sandbox.engine.exec(`${other.id}-early-r2-1`, ['sh', '-c', 'kill 1'])
      const run = await cli.result
      expect(run.exitCode, run.stderr).toBe(6)
      expect(run.stderr).toMatch(
        /^Error: release 2 was refused: \S+-early-r2-1 exited with code 0; release 1 keeps serving$/m,
      )
      expect(await other.replicas()).toEqual(before)
      const ask = "fetch('http://early:8000').then(r => r.text()).then(console.log)"
      expect(await other.sh('late', `node -e "${ask}"`)).toBe('1')
    } finally {
      await other.remove()
    }
  })
})
