import {afterAll, beforeAll, describe, expect, it} from 'vitest'

import {node, openProject, type Project, readyCheck, server, SERVER, type ServiceYaml} from './project.js'

let project: Project

beforeAll(async () => {
  project = await openProject('gate')
  await project.deployed({services: {app: server('1')}})
})

afterAll(async () => project.remove())

const FOREVER = "process.on('SIGTERM', () => process.exit(0));setInterval(() => {}, 1000)"
const LINES = "for (let n = 1; n <= 25; n += 1) console.log('line ' + n);"

interface Bad {
  readonly service: ServiceYaml
  readonly reason: RegExp
  /** On a busy machine; the verdict itself takes a second or two. */
  readonly withinMs: number
}

const BAD: readonly [what: string, bad: Bad][] = [
  [
    'exits with 1',
    {
      service: node(`${LINES}process.exit(1)`, {healthcheck: readyCheck()}),
      reason: /exited with code 1/,
      withinMs: 20_000,
    },
  ],
  ['exits with 0 although it should run', {service: node(LINES), reason: /exited with code 0/, withinMs: 20_000}],
  [
    'dies again and again behind a restart policy',
    {
      service: node(`${LINES}setTimeout(() => process.exit(2), 300)`, {restart: 'always'}),
      reason: /exited with code 2/,
      withinMs: 20_000,
    },
  ],
  [
    'never becomes healthy',
    {
      service: node(`${LINES}${FOREVER}`, {
        healthcheck: {test: ['CMD-SHELL', 'echo no schema; exit 1'], interval: '30s'},
        'x-stackctl': {gate: {timeout: '2s'}},
      }),
      reason: /was not healthy after 2 s: no schema/,
      withinMs: 25_000,
    },
  ],
  [
    'passes its check now and then only',
    {
      service: node(`${LINES}${FOREVER}`, {
        healthcheck: {test: ['CMD-SHELL', 'rm /tmp/up 2> /dev/null && exit 1; touch /tmp/up'], interval: '30s'},
      }),
      reason: /flaps between healthy and unhealthy \(4 times\)/,
      withinMs: 25_000,
    },
  ],
  [
    'is called unhealthy by the engine before its time is up',
    {
      service: node(`${LINES}${FOREVER}`, {
        healthcheck: {test: ['CMD-SHELL', 'echo no schema; exit 1'], interval: '200ms', timeout: '5s', retries: 2},
        'x-stackctl': {gate: {timeout: '100s'}},
      }),
      reason: /is unhealthy: no schema/,
      withinMs: 25_000,
    },
  ],
]

describe('a new version is refused, the old one serves and no container is left, when it', () => {
  it.each(BAD)('%s', async (_, {reason, service, withinMs}) => {
    const before = await project.replicas()
    const {durationMs, exitCode, stderr, stdout} = await project.deploy({services: {app: service}})
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 6, stdout: ''})
    expect(stderr).toMatch(/^Error: release \d+ was refused: .*; release 1 keeps serving$/m)
    expect(stderr).toMatch(reason)
    const shown = stderr
      .split('\n')
      .filter((line) => line.startsWith('  | '))
      .map((line) => line.slice(4))
    expect(shown).toEqual(Array.from({length: 20}, (_line, index) => `line ${index + 6}`))
    expect(await project.replicas()).toEqual(before)
    expect(durationMs).toBeLessThan(withinMs)
  })

  it('crashes, and a script is told in a document', async () => {
    const before = await project.replicas()
    const {exitCode, stdout} = await project.deploy({services: {app: node(`${LINES}process.exit(1)`)}}, '--json')
    const {error, schema} = JSON.parse(stdout) as {
      schema: string
      error: {code: string; exit: number; facts: Record<string, unknown>}
    }
    expect({exitCode, schema, code: error.code, exit: error.exit}).toEqual({
      exitCode: 6,
      schema: 'stackctl.error.v1',
      code: 'E_UNHEALTHY',
      exit: 6,
    })
    expect(error.facts).toMatchObject({
      exitCode: 1,
      release: expect.any(Number) as unknown,
      serving: 1,
      lastLines: expect.arrayContaining(['line 25']) as unknown,
    })
    expect(await project.replicas()).toEqual(before)
  })
})

describe('a new version is accepted when it', () => {
  it('takes its time to boot', async () => {
    const slow = `setTimeout(() => {${SERVER}}, 3000)`
    await project.deployed({
      services: {
        app: node(slow, {environment: {VERSION: '2'}, healthcheck: readyCheck({start_period: '20s', retries: 1})}),
      },
    })
    expect(await project.sh('app', 'echo $VERSION')).toBe('2')
  })

  it('takes longer than its deadline, but says how far it has come', async () => {
    const steps = `let n = 0; const step = () => require('fs').writeFileSync('/tmp/step', 'step ' + (n += 1)); step(); setInterval(step, 1000);`
    const app = node(`${steps}setTimeout(() => {${SERVER}}, 4500)`, {
      healthcheck: {test: ['CMD-SHELL', 'cat /tmp/step; test -e /tmp/ready'], interval: '30s'},
      'x-stackctl': {gate: {timeout: '2500ms'}},
    })
    await project.write({services: {app}})
    expect((await project.cli('plan', '--steps')).stdout).toMatch(
      /check \S+-app-r\d+-1 \(at most 2.5 s without progress\)/,
    )
    await project.deployed({services: {app}})
  })

  it('has no health check and keeps running, and the user is told so', async () => {
    const {stderr} = await project.deployed({services: {app: node(FOREVER, {restart: 'unless-stopped'})}})
    expect(stderr).toMatch(/app has no health check.*\[W_NO_HEALTHCHECK\]/)
    const facts = await project.sandbox.engine.inspectContainer((await project.only('app')).id)
    // Without it a crash loop would be hidden from the gate; from now on the file's policy holds.
    expect(facts?.HostConfig.RestartPolicy).toMatchObject({Name: 'unless-stopped'})
  })
})
