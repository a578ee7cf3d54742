import {statSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {describe, expect, it} from 'vitest'

import {osRelease, pathWith, runSetup, temporaryDirectory} from './setup-script.js'

const debian12 = ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"', 'ID=debian', 'VERSION_ID="12"']
const noDockerVariables = {DOCKER_HOST: '', DOCKER_CONTEXT: ''}

describe('setup --check on a machine without Docker', () => {
  it('lists everything that is missing with its remedy, exits 1 and installs nothing', async () => {
    const machine = await withoutDocker({apt: true})

    const outcome = await runSetup({arguments: ['--check'], environment: machine})

    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(/^✓ node \d/m)
    expect(outcome.stderr).toMatch(/^✗ docker engine: none answers: .*apt-get install -y docker\.io/m)
    expect(outcome.stderr).toMatch(/^✗ docker compose: none, 2\.26 or newer is needed: /m)
    expect(outcome.stderr).toMatch(/^✗ docker buildx: not found: /m)
    expect(outcome.stderr).toMatch(/^✗ image debian:trixie-slim: not there: docker pull/m)
    expect(outcome.stderr).toMatch(
      /error: 5 of 8 requirements are missing, nothing was installed: run scripts\/setup to install them\n$/,
    )
    expect(await readdir(machine.HOME)).toEqual([])
  })
})

describe('setup where it cannot proceed', () => {
  it('tells a user without root exactly what to run with sudo, before it installs anything', async () => {
    const machine = await withoutDocker({apt: true})
    const before = packageDatabase()

    const outcome = await runSetup({asNobody: true, environment: machine})

    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(
      /^✗ docker engine: .*: sudo apt-get update && sudo apt-get install -y docker\.io.* && sudo usermod -aG docker \S+, then log in again$/m,
    )
    expect(outcome.stderr).toMatch(/error: setup cannot go on here; do the above and run it again\n$/)
    expect(outcome.stderr).not.toContain('…')
    expect(packageDatabase()).toBe(before)
  })

  it('tells the user of a system that it does not know what to install, by name and version', async () => {
    const machine = await withoutDocker({apt: false})
    const STACKCTL_OS_RELEASE = await osRelease(['PRETTY_NAME="Plain Linux 1"', 'ID=plain'])

    const outcome = await runSetup({environment: {...machine, STACKCTL_OS_RELEASE}})

    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(/^✗ docker engine: none answers, and Plain Linux 1 is not a system/m)
    expect(outcome.stderr).toMatch(
      /Docker Engine 20\.10 or newer, its compose plugin 2\.26 or newer and its buildx plugin/,
    )
    expect(outcome.stderr).toMatch(/^✗ docker buildx: not found: install the docker-buildx plugin/m)
  })

  it('names the full directory when there is too little disk space', async () => {
    const outcome = await runSetup({environment: {STACKCTL_MIN_FREE_MB: '99999999999'}})

    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toMatch(/^✗ disk: \/\S* has \d+ MB free, 99999999999 MB are needed: free some space there/m)
  })

  it('names the options there are when it is given another', async () => {
    const outcome = await runSetup({arguments: ['--frce']})

    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toBe("error: unknown option '--frce': use --for-tests, --check or --help\n")
  })
})

async function withoutDocker(has: {apt: boolean}): Promise<Record<string, string> & {HOME: string}> {
  const apt = has.apt ? ['dpkg', 'apt-get', 'apt-cache'] : []
  const HOME = await temporaryDirectory()
  return {
    ...noDockerVariables,
    HOME,
    PATH: await pathWith('node', 'npm', ...apt),
    STACKCTL_OS_RELEASE: await osRelease(debian12),
  }
}

function packageDatabase(): number {
  return statSync('/var/lib/dpkg/status', {throwIfNoEntry: false})?.mtimeMs ?? 0
}
